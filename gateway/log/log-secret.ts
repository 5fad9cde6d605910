import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The key of hashed inputs, 32 bytes, one per installation; made by whoever needs it first, were they many at once. */
export async function loadLogSecret(home: string): Promise<Uint8Array> {
  const folder = join(home, 'gateway');
  const path = join(folder, 'log.key');
  const known = await readFile(path).catch(() => null);
  if (known !== null) return known;
  await mkdir(folder, { recursive: true });
  const mine = `${path}.${process.pid}`;
  await writeFile(mine, randomBytes(32), { mode: 0o600 });
  // A link is made by one alone, and is whole from the start.
  await link(mine, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(mine);
  return readFile(path);
}
