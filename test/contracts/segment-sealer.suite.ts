import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logColumns, type LogEntry } from '../../contracts/serving/prediction-log.ts';
import type { SegmentSealer } from '../../ports/prediction-log/port.ts';
import { framesOf, manyRequests, readRows, writeFramed } from '../ports/framed-logs.ts';
import { canary, feedback, mirror, prediction, since } from '../ports/log-entries.ts';
import { rowsOf } from '../ports/log-rows.ts';
import { patience } from '../support/patience.ts';

/** What every sealer of segments must do. */
export function segmentSealerSuite(name: string, open: () => SegmentSealer): void {
  describe(`segment sealer: ${name}`, { timeout: patience(60_000) }, () => {
    let folder: string;
    let sealer: SegmentSealer;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pawl-sealer-'));
      sealer = open();
    });
    afterEach(async () => {
      await sealer.close();
      await rm(folder, { recursive: true, force: true });
    });

    test('turns every kind of entry into its rows, with any content', async () => {
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
      const framed = await writeFramed(folder, 'all.log', entries);
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

    test('replaces what it wrote before, and gives equal frames equal rows', async () => {
      const framed = await writeFramed(folder, 'twice.log', manyRequests(50));
      const parquet = join(folder, 'twice.parquet');
      await sealer.seal(await writeFramed(folder, 'before.log', [feedback('a', 1)]), parquet);
      const first = await sealer.seal(framed, parquet);
      const rows = await readRows(parquet);
      expect(rows).toEqual(manyRequests(50).flatMap(rowsOf));
      expect(await sealer.seal(framed, parquet)).toEqual(first);
      expect(await readRows(parquet)).toEqual(rows);
    });

    test('names a file that is torn, and goes on with others', async () => {
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
      const good = await writeFramed(folder, 'good.log', [prediction('a')]);
      expect((await sealer.seal(good, join(folder, 'good.parquet'))).rows).toBe(1);
    });

    test('says which file is not there', async () => {
      const sealed = sealer.seal(join(folder, 'nowhere.log'), join(folder, 'x.parquet'));
      await expect(sealed).rejects.toThrow(/nowhere\.log/);
    });

    test('seals one after the other, in the order of the calls', async () => {
      const framed = await Promise.all([1, 2, 3, 4].map((n) => writeFramed(folder, `${n}.log`, manyRequests(n))));
      const ended: number[] = [];
      await Promise.all(
        framed.map(async (path, i) => {
          expect((await sealer.seal(path, join(folder, `${i}.parquet`))).rows).toBe(i + 1);
          ended.push(i);
        }),
      );
      expect(ended).toEqual([0, 1, 2, 3]);
    });

    test('refuses what comes after it was closed', async () => {
      const framed = await writeFramed(folder, 'last.log', manyRequests(5));
      await sealer.close();
      await expect(sealer.seal(framed, join(folder, 'last.parquet'))).rejects.toThrow(/closed/);
    });
  });
}
