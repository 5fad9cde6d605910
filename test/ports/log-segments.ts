import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../contracts/canonical.ts';
import { digestSchema } from '../../contracts/digest.ts';
import {
  logSegmentPrefix,
  logSegmentSchema,
  type LogEntry,
  type LogSegment,
} from '../../contracts/serving/prediction-log.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import { withLogDatabase } from '../../ports/prediction-log/query/log-database.ts';
import type { LogStore } from '../../ports/prediction-log/segment-index.ts';
import { writeLog } from '../../ports/prediction-log/sealing/write-log.ts';

/** Key of a segment's pointer. */
export const segmentKey = ({ model, instance, n, from }: LogSegment): string =>
  `${logSegmentPrefix(model)}${String(from).padStart(13, '0')}-${instance}-${String(n).padStart(8, '0')}`;

/** Writes entries as the Parquet file of a segment; its name is the digest. */
export async function writeSegment(folder: string, entries: readonly LogEntry[], n: number): Promise<LogSegment> {
  const path = join(folder, `${n}.parquet`);
  const { rows, from, to } = await withLogDatabase({ memory: '256MB' }, (connection) =>
    writeLog(connection, path, (add) => entries.forEach(add)),
  );
  const hex = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  await rename(path, join(folder, hex));
  const { model = '', instance = '' } = entries[0] ?? {};
  const digest = `sha256:${hex}`;
  return logSegmentSchema.parse({
    schema: 'pawl.log-segment/2',
    model,
    instance,
    n,
    source: digest,
    data: digest,
    rows,
    from,
    to,
  });
}

/** Hands a segment over to a store, as a gateway does. */
export async function putSegment(
  store: Pick<ArtifactStore, 'putFile' | 'writePointer'>,
  entries: readonly LogEntry[],
  n: number,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-segment-'));
  try {
    const segment = await writeSegment(folder, entries, n);
    await store.putFile(join(folder, segment.data.slice('sha256:'.length)));
    await store.writePointer(segmentKey(segment), canonicalJson(segment), null);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A store of segments alone: pointers in memory, bytes in files. */
export function segmentStore(folder: string): LogStore & { add(entries: readonly LogEntry[]): Promise<void> } {
  const pointers = new Map<string, Uint8Array>();
  let segments = 0;
  return {
    async add(entries) {
      const segment = await writeSegment(folder, entries, segments++);
      pointers.set(segmentKey(segment), Buffer.from(JSON.stringify(segment)));
    },
    listPointers: async (prefix, after = '') =>
      [...pointers.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted(),
    readPointer: async (key) => {
      const value = pointers.get(key);
      return value === undefined ? null : { value, token: '1' };
    },
    fetchFile: async (digest) => join(folder, digestSchema.parse(digest).slice('sha256:'.length)),
  };
}

/** The same, with the segments in it. */
export async function storeOfSegments(folder: string, segments: readonly (readonly LogEntry[])[]): Promise<LogStore> {
  const store = segmentStore(folder);
  for (const entries of segments) await store.add(entries);
  return store;
}
