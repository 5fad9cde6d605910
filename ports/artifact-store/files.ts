import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

/** The system's code of an error (`ENOENT`, ...); null where it has none. */
export const errorCodeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

export async function hashFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return digestSchema.parse(`sha256:${hash.digest('hex')}`);
}

/** Turns a refused access into an error that no retry repeats; everything else may pass by itself. */
export async function naming<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      throw new PawlError(
        errorTypes.accessDenied,
        `the store ${store} refuses access (${code}): let this user read and write the folder, or choose another store`,
        { store },
        { cause: error },
      );
    throw error;
  }
}
