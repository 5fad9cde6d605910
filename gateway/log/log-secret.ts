import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { privateFile, privateFolder } from '../../ports/private-files.ts';
import { syncFolder } from './segment.ts';

const secretBytes = 32;

/**
 * The key of hashed inputs, 32 bytes in `<home>/gateway/log.key`, one per installation; made by whoever needs it first, were they
 * many at once. Throws `InvalidConfigError` where the file holds something else.
 */
export async function loadLogSecret(home: string): Promise<Uint8Array> {
  const folder = join(home, 'gateway');
  const path = join(folder, 'log.key');
  const secret = (await known(path)) ?? (await make(folder, path));
  if (secret.length === secretBytes) return secret;
  throw new PawlError(
    errorTypes.invalidConfig,
    `${path} must hold the ${secretBytes} bytes that the prediction log hashes with, not ${secret.length}: restore it from a copy, or remove it and let hashes begin anew`,
    { path },
  );
}

async function known(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function make(folder: string, path: string): Promise<Uint8Array> {
  await mkdir(folder, { recursive: true, mode: privateFolder });
  const mine = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    const handle = await open(mine, 'wx', privateFile);
    try {
      await handle.write(randomBytes(secretBytes));
      await handle.sync();
    } finally {
      await handle.close();
    }
    // A link is made by one alone, and is whole from the start.
    await link(mine, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncFolder(folder);
  } finally {
    await rm(mine, { force: true });
  }
  return readFile(path);
}
