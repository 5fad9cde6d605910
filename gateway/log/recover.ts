import { open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFrames } from '../../codec/log-frame-reader.ts';
import type { Report } from '../warnings.ts';
import type { SealedSegment } from './segment.ts';

/**
 * Segments that an earlier process of the same instance left in `<folder>/<model>/`, oldest first; a torn tail, which no client
 * ever got an acknowledgement for, is cut off. Empty files, and Parquet that was being made, are removed.
 */
export async function recoverSegments(folder: string, report: Report): Promise<SealedSegment[]> {
  const segments: SealedSegment[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const name of await readdir(join(folder, entry.name))) {
      const path = join(folder, entry.name, name);
      if (name.endsWith('.parquet')) await unlink(path);
      const [, start, n] = /^(\d{13})-(\d{8})\.log$/.exec(name) ?? [];
      if (start === undefined || n === undefined) continue;
      const bytes = await cutTail(path, report);
      if (bytes > 0) segments.push({ model: entry.name, path, start: Number(start), n: Number(n), bytes });
      else await unlink(path);
    }
  }
  return segments.toSorted((a, b) => a.start - b.start || a.n - b.n);
}

/** Cuts what follows the last whole frame, and syncs what stays; bytes of that, 0 where no entry is in it. */
async function cutTail(path: string, report: Report): Promise<number> {
  const { entries, end } = decodeFrames(await readFile(path));
  if (entries.length === 0) return 0;
  const { size } = await stat(path);
  if (size > end) report(`${path}: ${size - end} bytes behind the last whole record were cut off`);
  const handle = await open(path, 'r+');
  try {
    if (size > end) await handle.truncate(end);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return end;
}
