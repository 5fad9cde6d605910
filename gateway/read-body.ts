import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

/** The body as text. Throws `HttpError` 413 beyond `maxBytes`, 415 for a compressed one. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new HttpError(415, `content-encoding "${encoding}" is not taken: send plain JSON`);
  if (request.headers['inference-header-content-length'] !== undefined)
    throw new HttpError(415, 'binary tensors are not taken: send JSON tensors');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) reject(tooLarge(maxBytes));
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first.toString() : Buffer.concat(chunks).toString());
    });
    request.on('error', reject);
    request.on('aborted', () => {
      reject(new HttpError(400, 'the client went away'));
    });
  });
}

const tooLarge = (maxBytes: number): HttpError =>
  new HttpError(413, `the body is larger than ${maxBytes} bytes: split the request`);
