import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { privateFile, privateFolder } from '../../ports/private-files.ts';
import { syncFolder } from '../../ports/sync-file.ts';

/** Bytes of a file that is made by whoever needs it first, were they many at once, and that never changes. */
export async function madeOnce(path: string, content: () => Uint8Array): Promise<Uint8Array> {
  return (await known(path)) ?? (await make(path, content()));
}

async function known(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function make(path: string, content: Uint8Array): Promise<Uint8Array> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: privateFolder });
  const mine = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    const handle = await open(mine, 'wx', privateFile);
    try {
      await handle.write(content);
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
