import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../config/load-config.ts';
import type { Config } from '../../config/schema.ts';
import { digestSchema } from '../../contracts/digest.ts';
import { decodeFrames } from '../../codec/log-frame-reader.ts';
import {
  logSegmentPrefix,
  logSegmentSchema,
  type LogEntry,
  type PredictionEntry,
} from '../../contracts/serving/prediction-log.ts';
import { PredictionSpool, type SpoolOptions } from '../../gateway/log/prediction-spool.ts';
import { createFileStore } from '../../ports/artifact-store/file.ts';
import type { ArtifactStore } from '../../ports/artifact-store/port.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';

export const instance = 'one';

/** Seals in this process. What it writes differs each time, as Parquet may, behind the frames as they are. */
export function createCopySealer(): SegmentSealer {
  let made = 0;
  return {
    async seal(framed, parquet) {
      const bytes = await readFile(framed);
      const { entries, end } = decodeFrames(bytes);
      if (end < bytes.length) throw new Error(`${framed} is torn`);
      await writeFile(parquet, Buffer.concat([bytes, Buffer.from([(made += 1)])]));
      const times = entries.map(({ at }) => at);
      return {
        source: digestSchema.parse(`sha256:${createHash('sha256').update(bytes).digest('hex')}`),
        rows: entries.length,
        from: Math.min(...times),
        to: Math.max(...times),
      };
    },
    close: () => Promise.resolve(),
  };
}

export interface LogWorld {
  readonly home: string;
  readonly config: Config;
  readonly store: ArtifactStore;
  /** Folder of the segments of `tiny`. */
  readonly folder: string;
  readonly reports: string[];
  /** Is closed with the world. */
  open(options?: Partial<SpoolOptions>): Promise<PredictionSpool>;
  /** Ids that are in the store, segment by segment. */
  stored(): Promise<string[]>;
  /** Ids that are in local segments. */
  local(): Promise<string[]>;
  close(): Promise<void>;
}

export async function createLogWorld(log: Partial<Config['gateway']['log']> = {}): Promise<LogWorld> {
  const home = await mkdtemp(join(tmpdir(), 'pawl-spool-'));
  const url = pathToFileURL(join(home, 'store')).href;
  const loaded = loadConfig({ PAWL_HOME: home, PAWL_STORE: url });
  const config = { ...loaded, gateway: { ...loaded.gateway, log: { ...loaded.gateway.log, ...log } } };
  const store = createFileStore(url);
  const folder = join(home, 'gateway', instance, 'tiny');
  const spools: PredictionSpool[] = [];
  const reports: string[] = [];
  return {
    home,
    config,
    store,
    folder,
    reports,
    async open(options = {}) {
      const report = (message: string): void => {
        reports.push(message);
      };
      const spool = await PredictionSpool.open({
        config,
        store,
        sealer: createCopySealer(),
        instance,
        report,
        ...options,
      });
      spools.push(spool);
      return spool;
    },
    async stored() {
      const ids: string[] = [];
      for (const key of await store.listPointers(logSegmentPrefix('tiny'))) {
        const pointer = await store.readPointer(key);
        if (pointer === null || pointer === 'unchanged') throw new Error(`${key} went away`);
        const { data } = logSegmentSchema.parse(JSON.parse(Buffer.from(pointer.value).toString()));
        ids.push(...decodeFrames(await store.getBlob(data)).entries.map(({ id }) => id));
      }
      return ids;
    },
    async local() {
      const ids: string[] = [];
      for (const name of (await readdir(folder)).toSorted())
        ids.push(...decodeFrames(await readFile(join(folder, name))).entries.map(({ id }) => id));
      return ids;
    },
    async close() {
      await Promise.all(spools.map((spool) => spool.close(0)));
      await store.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export const predictionOf = (id: string, change: Partial<PredictionEntry> = {}): PredictionEntry => ({
  kind: 'prediction',
  id,
  key: id,
  at: 1_700_000_000_000,
  model: 'tiny',
  version: 1,
  arm: 'champion',
  share: 0,
  seq: 1,
  release: null,
  instance,
  ms: 2,
  modelMs: 1,
  error: null,
  rows: 1,
  inputs: {
    age: { type: 'float32', shape: [1, 1], data: Float32Array.of(3) },
    sector: { type: 'string', shape: [1, 1], data: ['a'] },
  },
  outputs: { label: { type: 'int64', shape: [1], data: BigInt64Array.of(1n) } },
  ...change,
});

export const idsOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(5, '0')}`);

export const framedBy = (
  writer: { append(entry: LogEntry): number; take(): Uint8Array },
  ids: readonly string[],
): Uint8Array => {
  for (const id of ids) writer.append(predictionOf(id));
  return writer.take().slice();
};
