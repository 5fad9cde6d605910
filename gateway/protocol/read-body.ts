import type { IncomingMessage } from 'node:http';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { Config } from '../../config/schema.ts';
import type { HeldBytes } from '../admission/byte-budget.ts';
import { badRequest, HttpError } from '../call/http-error.ts';

type Unpack = typeof gunzip;

/**
 * The body of a request, unpacked. Throws `HttpError` 413 beyond `maxBodyBytes`, packed or not, 415 for an encoding that is not
 * taken, 400 for one that does not unpack or a client that went away.
 */
export function readBody(
  request: IncomingMessage,
  { maxBodyBytes, setting = 'gateway.maxBodyBytes' }: BodyLimit,
  held?: Pick<HeldBytes, 'take'>,
): Promise<Buffer> {
  const encoding = request.headers['content-encoding'];
  const limit = { maxBodyBytes, setting };
  return encoding === undefined ? receive(request, limit, held) : receivePacked(request, encoding, limit, held);
}

export interface BodyLimit {
  readonly maxBodyBytes: number;
  /** Key of `temporal.yaml` that sets it. @default "gateway.maxBodyBytes" */
  readonly setting?: string;
}

/** Of a body that is JSON text alone. */
export const jsonBodyLimit = ({
  maxBodyBytes,
  maxJsonBytes,
}: Pick<Config['gateway'], 'maxBodyBytes' | 'maxJsonBytes'>): BodyLimit =>
  maxJsonBytes < maxBodyBytes ? { maxBodyBytes: maxJsonBytes, setting: 'gateway.maxJsonBytes' } : { maxBodyBytes };

function receive(request: IncomingMessage, limit: BodyLimit, held?: Pick<HeldBytes, 'take'>): Promise<Buffer> {
  const { maxBodyBytes: maxBytes } = limit;
  return new Promise((resolve, reject) => {
    const announced = request.headers['content-length'];
    if (announced !== undefined && Number(announced) > maxBytes) {
      reject(tooLarge(limit));
      return;
    }
    let first: Buffer | null = null;
    let more: Buffer[] | null = null;
    let bytes = 0;
    let refused = false;
    request.on('data', (chunk: Buffer) => {
      if (refused) return;
      bytes += chunk.length;
      const error = bytes > maxBytes ? tooLarge(limit) : refusalOf(held, chunk.length);
      if (error !== null) {
        refused = true;
        first = null;
        more = null;
        reject(error);
      } else if (first === null) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    request.on('end', () => resolve(more === null ? (first ?? Buffer.alloc(0)) : Buffer.concat(more)));
    request.on('error', () => reject(badRequest('the client went away before its body was whole')));
  });
}

async function receivePacked(
  request: IncomingMessage,
  encoding: string,
  limit: BodyLimit,
  held?: Pick<HeldBytes, 'take'>,
): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (!['gzip', 'x-gzip', 'deflate', 'identity', ''].includes(name))
    throw new HttpError(415, `content-encoding "${encoding}" is not taken: use gzip, deflate or none`, {
      headers: { 'accept-encoding': 'gzip, deflate' },
    });
  const body = await receive(request, limit, held);
  if (name === 'identity' || name === '') return body;
  const whole = await unpacked(
    body,
    name === 'deflate' ? (hasZlibHeader(body) ? inflate : inflateRaw) : gunzip,
    name,
    limit,
  );
  held?.take(whole.length);
  return whole;
}

/** Why no more bytes may come; null where they may. */
function refusalOf(held: Pick<HeldBytes, 'take'> | undefined, bytes: number): Error | null {
  try {
    held?.take(bytes);
    return null;
  } catch (error) {
    return error as Error;
  }
}

/** Some clients send deflate bare, as the name of the encoding suggests and its definition does not. */
const hasZlibHeader = (body: Buffer): boolean =>
  body.length >= 2 && (body[0]! & 15) === 8 && body.readUInt16BE(0) % 31 === 0;

/** Off the event loop; what would become too large is unpacked no further than that. */
function unpacked(body: Buffer, unpack: Unpack, name: string, limit: BodyLimit): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    unpack(body, { maxOutputLength: limit.maxBodyBytes }, (error, result) => {
      if (error === null) resolve(result);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge(limit));
      else reject(badRequest(`the body is not valid ${name}: ${error.message}`));
    });
  });
}

const tooLarge = ({ maxBodyBytes, setting }: BodyLimit): HttpError =>
  new HttpError(
    413,
    `the body is larger than ${maxBodyBytes} bytes, unpacked: ${setting === 'gateway.maxJsonBytes' ? 'send binary tensors, ' : ''}split the request, or set ${setting}`,
  );
