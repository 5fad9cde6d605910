import type { Asked, InferMessage } from '../rest/admit.ts';

/** Head of an HTTP request that is as plain as nearly all are. */
export interface OrdinaryHead {
  readonly asked: Asked;
  /** Bytes of the body. */
  readonly length: number;
  readonly header: InferMessage['header'];
}

const requestLine = /^POST \/v2\/models\/([A-Za-z0-9_.-]+)(?:\/versions\/([1-9]\d{0,8}))?\/infer HTTP\/1\.1$/;
/** Space and tab around the value do not count; the value has no control characters, nor anything beyond ASCII. */
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~](?:[!-~ \t]*[!-~])?)?)[ \t]*$/;

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
export function ordinaryHead(text: string, maxBytes: number): OrdinaryHead | null {
  const [first = '', ...lines] = text.split('\r\n');
  const [, model, version] = requestLine.exec(first) ?? [];
  if (model === undefined) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
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
