import type { IncomingMessage } from 'node:http';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { badRequest, HttpError } from '../http-error.ts';

type Unpack = typeof gunzip;

/**
 * The body of a request, unpacked. Throws `HttpError` 413 beyond `maxBodyBytes`, packed or not, 415 for an encoding that is not
 * taken, 400 for one that does not unpack or a client that went away.
 */
export function readBody(
  request: IncomingMessage,
  { maxBodyBytes }: { readonly maxBodyBytes: number },
): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  return encoding === undefined ? receive(request, maxBodyBytes) : receivePacked(request, encoding, maxBodyBytes);
}

function receive(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = request.headers['content-length'];
    if (announced !== undefined && Number(announced) > maxBytes) {
      reject(tooLarge(maxBytes));
      return;
    }
    let first: Buffer | null = null;
    let more: Buffer[] | null = null;
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        first = null;
        more = null;
        reject(tooLarge(maxBytes));
      } else if (first === null) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    request.on('end', () => resolve(more === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(more)));
    request.on('error', () => reject(badRequest('the client went away before its body was whole')));
  });
}

async function receivePacked(request: IncomingMessage, encoding: string, maxBytes: number): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (!['gzip', 'x-gzip', 'deflate', 'identity', ''].includes(name))
    throw new HttpError(415, `content-encoding "${encoding}" is not taken: use gzip, deflate or none`, {
      headers: { 'accept-encoding': 'gzip, deflate' },
    });
  const body = await receive(request, maxBytes);
  if (name === 'identity' || name === '') return body;
  return unpacked(body, name === 'deflate' ? (hasZlibHeader(body) ? inflate : inflateRaw) : gunzip, name, maxBytes);
}

/** Some clients send deflate bare, as the name of the encoding suggests and its definition does not. */
const hasZlibHeader = (body: Buffer): boolean =>
  body.length >= 2 && (body[0]! & 15) === 8 && body.readUInt16BE(0) % 31 === 0;

/** Off the event loop; what would become too large is unpacked no further than that. */
function unpacked(body: Buffer, unpack: Unpack, name: string, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    unpack(body, { maxOutputLength: maxBytes }, (error, result) => {
      if (error === null) resolve(result);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge(maxBytes));
      else reject(badRequest(`the body is no valid ${name}: ${error.message}`));
    });
  });
}

const tooLarge = (maxBytes: number): HttpError =>
  new HttpError(
    413,
    `the body is larger than ${maxBytes} bytes, unpacked: split the request, or set gateway.maxBodyBytes`,
  );
