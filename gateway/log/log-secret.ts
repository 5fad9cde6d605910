import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { madeOnce } from './made-once.ts';

const secretBytes = 32;

/**
 * The key of hashed inputs, 32 bytes in `<home>/gateway/log.key`, one per installation; made by whoever needs it first. Throws
 * `InvalidConfigError` where the file holds something else.
 */
export async function loadLogSecret(home: string): Promise<Uint8Array> {
  const path = join(home, 'gateway', 'log.key');
  const secret = await madeOnce(path, () => randomBytes(secretBytes));
  if (secret.length === secretBytes) return secret;
  throw new PawlError(
    errorTypes.invalidConfig,
    `${path} must hold the ${secretBytes} bytes that the prediction log hashes with, not ${secret.length}: restore it from a copy, or remove it and let hashes start over`,
    { path },
  );
}
