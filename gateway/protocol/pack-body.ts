import { constants, deflate, deflateSync, gzip, gzipSync } from 'node:zlib';

export interface PackedBody {
  readonly body: Buffer | string;
  /** For `content-encoding`; null is as it was. */
  readonly encoding: 'gzip' | 'deflate' | null;
}

/** Smaller ones cost more to pack than to send. */
const leastBytes = 4096;
/** Larger ones are packed off the event loop. */
const mostSyncBytes = 16 * 1024;
/** An answer is packed once and read once. */
const options = { level: constants.Z_BEST_SPEED };

/** Packs a large body as its client asked by `accept-encoding`. */
export async function packBody(body: Buffer | string, accepted: string): Promise<PackedBody> {
  const bytes = Buffer.byteLength(body);
  const encoding = bytes < leastBytes ? null : chosenEncoding(accepted);
  if (encoding === null) return { body, encoding };
  if (bytes <= mostSyncBytes) return { body: (encoding === 'gzip' ? gzipSync : deflateSync)(body, options), encoding };
  const pack = encoding === 'gzip' ? gzip : deflate;
  return new Promise((resolve, reject) => {
    pack(body, options, (error, packed) => (error === null ? resolve({ body: packed, encoding }) : reject(error)));
  });
}

function chosenEncoding(accepted: string): 'gzip' | 'deflate' | null {
  let chosen: 'gzip' | 'deflate' | null = null;
  let best = 0;
  for (const entry of accepted.toLowerCase().split(',')) {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim());
    const coding = name === 'gzip' || name === 'x-gzip' || name === '*' ? 'gzip' : name === 'deflate' ? name : null;
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (coding === null || !(weight > best)) continue;
    chosen = coding;
    best = weight;
  }
  return chosen;
}
