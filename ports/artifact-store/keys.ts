import { createHash } from 'node:crypto';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';

const longestSegment = 240;
const longestKey = 800;

/** Printable ASCII without space, slash, backslash and tilde: every file system and every S3 server can hold it. */
const segment = /^[\x21-\x2e\x30-\x5b\x5d-\x7d]+$/;

/** Throws `InvalidRequestError` for a key that not every store could hold. */
export function checkPointerKey(key: string): void {
  const good =
    key.length <= longestKey &&
    key
      .split('/')
      .every((part) => segment.test(part) && part.length <= longestSegment && part !== '.' && part !== '..');
  if (!good)
    throw new PawlError(
      errorTypes.invalidRequest,
      `"${key}" cannot be the key of a pointer: write segments of printable ASCII, at most ${longestSegment} characters each, separated by "/"`,
      { key },
    );
}

/** Like `checkPointerKey`, for the beginning of a key. */
export function checkPointerPrefix(prefix: string): void {
  if (prefix !== '') checkPointerKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

export const digestOf = (bytes: Uint8Array): Digest =>
  digestSchema.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);

export const corruptBlob = (digest: Digest, where: string, found: Digest): PawlError =>
  new PawlError(
    errorTypes.corruptArtifact,
    `${digest} in ${where} is damaged: its bytes have the digest ${found}. Restore it from a copy, or make it again`,
    { digest, found },
  );

export const missingBlob = (digest: Digest, where: string): PawlError =>
  new PawlError(errorTypes.corruptArtifact, `${digest} is not in ${where}: restore it from a copy, or make it again`, {
    digest,
  });
