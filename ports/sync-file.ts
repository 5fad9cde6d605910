import { open } from 'node:fs/promises';

/** Makes what was written to a file survive a loss of power. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Some file systems cannot sync a folder; their names are as durable as they can be. */
const unable = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM']);

/** Makes new names in a folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!unable.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder.close();
  }
}
