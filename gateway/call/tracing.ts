import { randomFillSync } from 'node:crypto';

export interface Trace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Span of the caller, 16 hex digits. */
  readonly parentId: string;
  readonly sampled: boolean;
  /** For the answer: the same trace, a new span. */
  readonly traceparent: string;
  readonly tracestate: string | null;
}

/**
 * Trace context of a request by its headers `traceparent` and `tracestate`; null where it has none, or an invalid one, which
 * the standard tells to ignore (W3C Trace Context, level 2).
 */
export function traceOf(header: (name: string) => string | null): Trace | null {
  const text = header('traceparent');
  if (text === null || !isTraceparent(text)) return null;
  const traceId = text.slice(3, 35);
  const flags = Number.parseInt(text.slice(53, 55), 16);
  return {
    traceId,
    parentId: text.slice(36, 52),
    sampled: (flags & 1) === 1,
    // Sampled, and random trace id; no other flag is known.
    traceparent: `00-${traceId}-${newSpanId()}-0${flags & 3}`,
    tracestate: header('tracestate'),
  };
}

const dash = 45;

/** Later versions may go on after a further dash; `ff` is none. */
function isTraceparent(text: string): boolean {
  if (text.length < 55 || text.charCodeAt(2) !== dash || text.charCodeAt(35) !== dash || text.charCodeAt(52) !== dash)
    return false;
  if (text.length > 55 && (text.startsWith('00') || text.charCodeAt(55) !== dash)) return false;
  return (
    isHex(text, 0, 2) &&
    !text.startsWith('ff') &&
    isHex(text, 3, 35) &&
    !allZero(text, 3, 35) &&
    isHex(text, 36, 52) &&
    !allZero(text, 36, 52) &&
    isHex(text, 53, 55)
  );
}

function isHex(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (!((unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 102))) return false;
  }
  return true;
}

function allZero(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) !== 48) return false;
  return true;
}

const pool = Buffer.alloc(4_096);
let taken = pool.length;

function newSpanId(): string {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const id = pool.toString('hex', taken, taken + 8);
  taken += 8;
  return id === '0000000000000000' ? newSpanId() : id;
}
