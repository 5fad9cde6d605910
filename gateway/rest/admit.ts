import type { InferAnswer, InferCall } from '../infer-call.ts';
import { infer } from '../infer.ts';
import type { InferRequest } from '../infer-request.ts';
import { traceOf } from '../tracing.ts';
import { nextTurn } from '../turn.ts';
import type { RestParts } from './parts.ts';

const largeBytes = 64 * 1024;

export interface Asked {
  readonly model: string;
  readonly version: number | null;
}

/** A request for a prediction, whoever read it from its socket. */
export interface InferMessage {
  /** A request header by its lower-case name; null where there is none, or an empty one. */
  readonly header: (name: string) => string | null;
  /** Of the other end of the connection. */
  readonly address: string;
  /** `performance.now()` at the arrival. */
  readonly started: number;
  /** The body, unpacked, or what reads it; that throws `HttpError`. */
  readonly body: Buffer | (() => Promise<Buffer>);
}

/** Lets a request in (token, quota, load), reads it, and has it answered. Throws `HttpError`. */
export async function admitAndInfer(
  parts: RestParts,
  message: InferMessage,
  { model, version }: Asked,
  parse: (body: Buffer) => InferRequest | Promise<InferRequest>,
): Promise<{ answer: InferAnswer; request: InferRequest }> {
  const { header, address, started } = message;
  const caller = parts.callers.identify(header('authorization'), address);
  parts.quota.take(caller);
  parts.shedder.enter(caller.priority);
  try {
    const at = Date.now();
    const body = typeof message.body === 'function' ? await message.body() : message.body;
    const parsed = parse(body);
    const request = parsed instanceof Promise ? await parsed : parsed;
    // What took milliseconds to read takes some to answer.
    if (body.length > largeBytes) await nextTurn();
    const call: InferCall = { model, version, request, caller, header, started, at };
    return { answer: await infer(parts, call), request };
  } finally {
    parts.shedder.leave();
  }
}

/** Headers that say which version answered, under which id and trace. */
export function answerHeaders(
  answer: InferAnswer,
  { header }: Pick<InferMessage, 'header'>,
): Record<string, string | number> {
  const headers: Record<string, string | number> = {
    'x-request-id': answer.id,
    'x-pawl-version': answer.route.version,
    'x-pawl-arm': answer.route.arm,
  };
  if (answer.cached) headers['x-pawl-cache'] = 'hit';
  const trace = traceOf(header);
  if (trace !== null) {
    headers.traceparent = trace.traceparent;
    if (trace.tracestate !== null) headers.tracestate = trace.tracestate;
  }
  return headers;
}
