import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { logSegmentPrefix, type LogEntry } from '../../../contracts/serving/prediction-log.ts';
import { readFrames } from '../sealing/read-frames.ts';

interface LocalSegment {
  readonly model: string;
  readonly path: string;
  /** Of the pointer that it gets when it is handed over. */
  readonly key: string;
}

/** Listings at most, where files go away while they are read. */
const listings = 20;

/**
 * Hands out the entries of the framed segments under `home` that gateways of this machine write or have not handed over, up to
 * the first frame that is not whole: a writer may be in the middle of it. Returns the keys that their pointers have or will get.
 */
export async function readLocalSegments(
  home: string,
  models: readonly string[],
  take: (entry: LogEntry) => void,
): Promise<Set<string>> {
  const read = new Set<string>();
  for (let listing = 0, vanished = true; vanished && listing < listings; listing += 1) {
    vanished = false;
    for (const { path, key } of await listLocalSegments(home, models)) {
      if (read.has(key)) continue;
      try {
        readFrames(path, take);
        read.add(key);
      } catch (error) {
        if (!isGone(error)) throw error;
        // It was handed over, and has its pointer; what was begun instead is listed again.
        vanished = true;
      }
    }
  }
  return read;
}

async function listLocalSegments(home: string, models: readonly string[]): Promise<LocalSegment[]> {
  const folder = join(home, 'gateway');
  const segments: LocalSegment[] = [];
  for (const instance of await namesIn(folder))
    for (const model of models)
      for (const name of await namesIn(join(folder, instance, model))) {
        const [, start, n] = /^(\d{13})-(\d{8})\.log$/.exec(name) ?? [];
        if (start === undefined || n === undefined) continue;
        const key = `${logSegmentPrefix(model)}${start}-${instance}-${n}`;
        segments.push({ model, path: join(folder, instance, model, name), key });
      }
  return segments;
}

/** Nothing where there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (isGone(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return [];
    throw error;
  }
}

const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
