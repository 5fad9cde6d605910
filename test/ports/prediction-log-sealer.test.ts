import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import { FrameWriter } from '../../codec/log-frame-writer.ts';
import { logColumns, type LogEntry, type LogRow } from '../../contracts/serving/prediction-log.ts';
import { createSegmentSealer, SegmentMemoryError } from '../../ports/prediction-log/sealing/sealer.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { canary, feedback, inputsOf, mirror, prediction, since } from './log-entries.ts';
import { rowsOf } from './log-rows.ts';
import { patience } from '../support/patience.ts';

let folder: string;
let sealer: SegmentSealer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pawl-sealer-'));
  sealer = createSegmentSealer(loadConfig({}));
});
afterEach(async () => {
  await sealer.close();
  await rm(folder, { recursive: true, force: true });
});

const framesOf = (entries: readonly LogEntry[]): Uint8Array => {
  const writer = new FrameWriter();
  for (const entry of entries) writer.append(entry);
  return writer.take();
};

async function writeFramed(name: string, entries: readonly LogEntry[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, framesOf(entries));
  return path;
}

async function readRows(path: string): Promise<LogRow[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
    return reader.getRowObjectsJS() as unknown as LogRow[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Children of this process that run the sealer's script. */
async function sealingProcesses(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sealer-process');
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

const many = (count: number): LogEntry[] =>
  Array.from({ length: count }, (_, i) =>
    prediction(`request-${i}`, { at: since + i, label: i % 2, inputs: inputsOf({ age: i % 90, sector: `s${i % 7}` }) }),
  );

describe('the sealer', { timeout: patience(60_000) }, () => {
  it(
    'says where the rows of a segment need more memory than it has, and seals the next one',
    { timeout: patience(60_000) },
    async () => {
      const text = { type: 'string', shape: [1, 1], data: ['\u0001'.repeat(7_500_000)] } as const;
      const wide = Array.from({ length: 9 }, (_, i) => prediction(`wide-${i}`, { inputs: { text } }));
      const large = sealer.seal(await writeFramed('large.log', wide), join(folder, 'large.parquet'));
      await expect(large).rejects.toThrow(SegmentMemoryError);
      await expect(large).rejects.toThrow(/large\.log needs more memory than sealing has: Out of Memory Error/);
      const small = await sealer.seal(
        await writeFramed('small.log', [feedback('a', 1)]),
        join(folder, 'small.parquet'),
      );
      expect(small.rows).toBe(1);
    },
  );

  it('turns every kind of entry into its rows, with any content', async () => {
    const entries: LogEntry[] = [
      prediction('a', { key: 'k\0"\n', label: 1 }),
      prediction('b', { ...canary, key: '', error: 'it "broke",\nthen fell', label: null, release: null }),
      prediction('c', {
        rows: 3,
        inputs: { age: { type: 'float32', shape: [3, 1], data: Float32Array.of(1, NaN, 0.1) } },
        outputs: { label: { type: 'string', shape: [3], data: ['no', 'ja, ʘ 😀', ''] } },
      }),
      prediction('c/0'),
      mirror('a'),
      feedback('a', 'yes', since - 10),
    ];
    const framed = await writeFramed('all.log', entries);
    const parquet = join(folder, 'all.parquet');
    const sealed = await sealer.seal(framed, parquet);
    const digest = createHash('sha256')
      .update(await readFile(framed))
      .digest('hex');
    expect(sealed).toEqual({ source: `sha256:${digest}`, rows: 8, from: since - 10, to: since + 2 });
    const rows = await readRows(parquet);
    expect(rows).toEqual(entries.flatMap(rowsOf));
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(logColumns));
  });

  it('takes segments that are longer than what it reads at once', async () => {
    const entries = many(30_000);
    const wide = prediction('wide', { inputs: inputsOf({ text: 'x'.repeat(9_000_000) }), at: since + 1e6 });
    const framed = await writeFramed('long.log', [...entries, wide, ...entries.slice(0, 10)]);
    const sealed = await sealer.seal(framed, join(folder, 'long.parquet'));
    expect(sealed).toMatchObject({ rows: 30_011, from: since, to: since + 1e6 });
    const rows = await readRows(join(folder, 'long.parquet'));
    expect(rows.map(({ id }) => id)).toEqual([...entries, wide, ...entries.slice(0, 10)].map(({ id }) => id));
  });

  it('names a file that is torn, and goes on with others', async () => {
    const whole = framesOf([prediction('a'), prediction('b')]);
    const torn = join(folder, 'torn.log');
    await writeFile(torn, whole.subarray(0, whole.length - 3));
    const result = sealer.seal(torn, join(folder, 'torn.parquet'));
    await expect(result).rejects.toMatchObject({ name: 'CorruptArtifactError' });
    await expect(result).rejects.toThrow(torn);
    expect(existsSync(join(folder, 'torn.parquet'))).toBe(false);
    const flipped = Uint8Array.from(whole);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    await writeFile(torn, flipped);
    await expect(sealer.seal(torn, join(folder, 'torn.parquet'))).rejects.toThrow(torn);
    const good = await writeFramed('good.log', [prediction('a')]);
    expect((await sealer.seal(good, join(folder, 'good.parquet'))).rows).toBe(1);
  });

  it('says which file is not there', async () => {
    await expect(sealer.seal(join(folder, 'nowhere.log'), join(folder, 'x.parquet'))).rejects.toThrow(/nowhere\.log/);
  });

  it('seals one after the other in one process, in the order of the calls', async () => {
    const framed = await Promise.all([1, 2, 3, 4].map((n) => writeFramed(`${n}.log`, many(n))));
    const ended: number[] = [];
    await Promise.all(
      framed.map(async (path, i) => {
        expect((await sealer.seal(path, join(folder, `${i}.parquet`))).rows).toBe(i + 1);
        ended.push(i);
      }),
    );
    expect(ended).toEqual([0, 1, 2, 3]);
    expect(await sealingProcesses()).toHaveLength(1);
  });

  it('gives the same rows when its process is killed in the middle', async () => {
    const entries = many(60_000);
    const framed = await writeFramed('killed.log', entries);
    const parquet = join(folder, 'killed.parquet');
    await sealer.seal(await writeFramed('first.log', many(1)), join(folder, 'first.parquet'));
    const [pid = NaN] = await sealingProcesses();
    const sealing = sealer.seal(framed, parquet);
    setImmediate(() => process.kill(pid, 'SIGKILL'));
    expect((await sealing).rows).toBe(entries.length);
    expect(await readRows(parquet)).toEqual(entries.flatMap(rowsOf));
    expect(await sealingProcesses()).not.toContain(pid);
  });

  it('says so when its process is killed again and again, and seals when that ends', async () => {
    const framed = await writeFramed('often.log', many(500));
    const parquet = join(folder, 'often.parquet');
    const work = { over: false };
    const sealing = sealer.seal(framed, parquet).finally(() => (work.over = true));
    const failed = expect(sealing).rejects.toThrow(/often\.log into Parquet was killed by SIGKILL.*try again/);
    while (!work.over)
      for (const pid of await sealingProcesses())
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended before.
        }
    await failed;
    expect((await sealer.seal(framed, parquet)).rows).toBe(500);
  });

  it('starts another process where the one it had died while it had nothing to do', async () => {
    const framed = await writeFramed('idle.log', many(5));
    await sealer.seal(framed, join(folder, '1.parquet'));
    const [pid = NaN] = await sealingProcesses();
    process.kill(pid, 'SIGKILL');
    expect((await sealer.seal(framed, join(folder, '2.parquet'))).rows).toBe(5);
  });

  it('leaves no process behind, and refuses what comes after it was closed', async () => {
    const framed = await writeFramed('last.log', many(5));
    await sealer.seal(framed, join(folder, '1.parquet'));
    await sealer.close();
    expect(await sealingProcesses()).toEqual([]);
    await expect(sealer.seal(framed, join(folder, '2.parquet'))).rejects.toThrow(/closed/);
  });
});
