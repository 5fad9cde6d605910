import type { Asked, InferMessage } from '../../call/infer-message.ts';

/** Head of an HTTP request that is as plain as nearly all are. */
export interface FastHead {
  readonly asked: Asked;
  /** Bytes of the body. */
  readonly length: number;
  readonly header: InferMessage['header'];
}

const requestLine = /^POST \/v2\/models\/([A-Za-z0-9_.-]+)(?:\/versions\/([1-9]\d{0,8}))?\/infer HTTP\/1\.1$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** No control characters but the tab, nor anything beyond ASCII. */
const headerValue = /^[\t -~]*$/;
const [space, tab] = [0x20, 0x09];

/** What they say needs a whole HTTP server. */
const extraordinary = new Set([
  'transfer-encoding',
  'content-encoding',
  'expect',
  'upgrade',
  'trailer',
  'te',
  'proxy-connection',
]);

/**
 * Reads the head of an HTTP/1.1 request, without the empty line, when it asks for a prediction and nothing else: one length,
 * no coding, no header twice, a connection that stays. Null for anything else, also for what is wrong: Node's server judges that.
 */
export function readFastHead(text: string, maxBytes: number): FastHead | null {
  const [first = '', ...lines] = text.split('\r\n');
  const [, model, version] = requestLine.exec(first) ?? [];
  if (model === undefined) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const name = line.slice(0, colon);
    const value = trimmed(line, colon + 1);
    if (!headerName.test(name) || !headerValue.test(value)) return null;
    const key = name.toLowerCase();
    if (extraordinary.has(key) || headers.has(key)) return null;
    headers.set(key, value);
  }
  if (!headers.has('host') || (headers.get('connection') ?? 'keep-alive').toLowerCase() !== 'keep-alive') return null;
  const length = headers.get('content-length') ?? '';
  if (!/^\d{1,9}$/.test(length) || Number(length) > maxBytes) return null;
  return {
    asked: { model, version: version === undefined ? null : Number(version) },
    length: Number(length),
    header: (name) => headers.get(name) || null,
  };
}

/** The rest of a line from `from` on without the spaces and tabs around it, in one walk: an expression would go back and forth. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

const isBlank = (unit: number): boolean => unit === space || unit === tab;
