import { open, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SealedSegment } from './segment.ts';

/**
 * Segments that an earlier process of the same instance left in `<folder>/<model>/`, oldest first; a torn last line, which
 * no client ever got an answer for, is cut off. Empty files are removed.
 */
export async function recoverSegments(folder: string): Promise<SealedSegment[]> {
  const segments: SealedSegment[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const name of (await readdir(join(folder, entry.name))).toSorted()) {
      const [, start, n] = /^(\d{13})-(\d{8})\.ndjson$/.exec(name) ?? [];
      if (start === undefined || n === undefined) continue;
      const segment = await recoverSegment(entry.name, join(folder, entry.name, name), Number(start), Number(n));
      if (segment !== null) segments.push(segment);
    }
  }
  return segments.toSorted((a, b) => a.start - b.start || a.n - b.n);
}

async function recoverSegment(model: string, path: string, start: number, n: number): Promise<SealedSegment | null> {
  await cutTornLine(path);
  if ((await stat(path)).size === 0) {
    await unlink(path);
    return null;
  }
  let records = 0;
  let from = Infinity;
  let to = -Infinity;
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    const at = timeOf(line);
    if (at === null) continue;
    records += 1;
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  if (records > 0) return { model, path, start, n, records, from, to };
  await unlink(path);
  return null;
}

/** Null for a line that a loss of power spoiled. */
function timeOf(line: string): number | null {
  try {
    const { at } = JSON.parse(line) as { at?: unknown };
    return typeof at === 'number' ? at : null;
  } catch {
    return null;
  }
}

/** Cuts everything after the last line feed, and syncs what stays. */
async function cutTornLine(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const block = Buffer.alloc(64 * 1024);
    let end = (await handle.stat()).size;
    const size = end;
    let keep = 0;
    while (end > 0 && keep === 0) {
      const begin = Math.max(0, end - block.length);
      const { bytesRead } = await handle.read(block, 0, end - begin, begin);
      const feed = block.subarray(0, bytesRead).lastIndexOf(10);
      if (feed >= 0) keep = begin + feed + 1;
      end = begin;
    }
    if (keep < size) await handle.truncate(keep);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
