import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { createSegmentSealer, SegmentMemoryError } from '../../ports/prediction-log/sealing/sealer.ts';
import { segmentSealerSuite } from '../contracts/segment-sealer.suite.ts';
import { patience } from '../support/patience.ts';
import { createSealerHere } from './sealer-here.ts';
import { manyRequests, readRows, writeFramed } from './framed-logs.ts';
import { feedback, inputsOf, prediction, since } from './log-entries.ts';
import { rowsOf } from './log-rows.ts';

segmentSealerSuite('in a process of its own', () => createSegmentSealer(loadConfig({})));
segmentSealerSuite('in this process', createSealerHere);

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

describe('the sealer', { timeout: patience(60_000) }, () => {
  it(
    'says where the rows of a segment need more memory than it has, and seals the next one',
    { timeout: patience(60_000) },
    async () => {
      const text = { type: 'string', shape: [1, 1], data: ['\u0001'.repeat(7_500_000)] } as const;
      const wide = Array.from({ length: 9 }, (_, i) => prediction(`wide-${i}`, { inputs: { text } }));
      const large = sealer.seal(await writeFramed(folder, 'large.log', wide), join(folder, 'large.parquet'));
      await expect(large).rejects.toThrow(SegmentMemoryError);
      await expect(large).rejects.toThrow(/large\.log needs more memory than sealing has: Out of Memory Error/);
      const small = await sealer.seal(
        await writeFramed(folder, 'small.log', [feedback('a', 1)]),
        join(folder, 'small.parquet'),
      );
      expect(small.rows).toBe(1);
    },
  );

  it('takes segments that are longer than what it reads at once', async () => {
    const entries = manyRequests(30_000);
    const wide = prediction('wide', { inputs: inputsOf({ text: 'x'.repeat(9_000_000) }), at: since + 1e6 });
    const framed = await writeFramed(folder, 'long.log', [...entries, wide, ...entries.slice(0, 10)]);
    const sealed = await sealer.seal(framed, join(folder, 'long.parquet'));
    expect(sealed).toMatchObject({ rows: 30_011, from: since, to: since + 1e6 });
    const rows = await readRows(join(folder, 'long.parquet'));
    expect(rows.map(({ id }) => id)).toEqual([...entries, wide, ...entries.slice(0, 10)].map(({ id }) => id));
  });

  it('seals all that it is given in one process', async () => {
    const framed = await Promise.all([1, 2, 3].map((n) => writeFramed(folder, `${n}.log`, manyRequests(n))));
    await Promise.all(framed.map((path, i) => sealer.seal(path, join(folder, `${i}.parquet`))));
    expect(await sealingProcesses()).toHaveLength(1);
  });

  it('gives the same rows when its process is killed in the middle', async () => {
    const entries = manyRequests(60_000);
    const framed = await writeFramed(folder, 'killed.log', entries);
    const parquet = join(folder, 'killed.parquet');
    await sealer.seal(await writeFramed(folder, 'first.log', manyRequests(1)), join(folder, 'first.parquet'));
    const [pid = NaN] = await sealingProcesses();
    const sealing = sealer.seal(framed, parquet);
    setImmediate(() => process.kill(pid, 'SIGKILL'));
    expect((await sealing).rows).toBe(entries.length);
    expect(await readRows(parquet)).toEqual(entries.flatMap(rowsOf));
    expect(await sealingProcesses()).not.toContain(pid);
  });

  it('says so when its process is killed again and again, and seals when that ends', async () => {
    const framed = await writeFramed(folder, 'often.log', manyRequests(500));
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
    const framed = await writeFramed(folder, 'idle.log', manyRequests(5));
    await sealer.seal(framed, join(folder, '1.parquet'));
    const [pid = NaN] = await sealingProcesses();
    process.kill(pid, 'SIGKILL');
    expect((await sealer.seal(framed, join(folder, '2.parquet'))).rows).toBe(5);
  });

  it('leaves no process behind', async () => {
    const framed = await writeFramed(folder, 'last.log', manyRequests(5));
    await sealer.seal(framed, join(folder, '1.parquet'));
    await sealer.close();
    expect(await sealingProcesses()).toEqual([]);
  });
});
