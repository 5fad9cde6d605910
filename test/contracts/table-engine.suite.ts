import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { DataSelection, DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Frame } from '../../contracts/data/frame.ts';
import type { TableEngine } from '../../ports/table-engine/port.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';
import { patience } from '../support/patience.ts';
import { splitTests } from './table-engine-splits.ts';

const csv = `id,day,zip,age,plan,stays
10,2024-01-03,02134,41,a,1
2,2024-01-01T12:00:00,10001,,b,0
1,2024-01-02 23:30:00,00501,7,a,1
`;
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const classes = labelSpaceOf({ model: 'stayers', positive: 1 }, persons());

/** What every table engine must do; `open` gets a folder for what it puts aside. */
export function tableEngineSuite(name: string, open: (tempDir: string) => TableEngine): void {
  describe(`table engine: ${name}`, () => {
    let files: TableFiles;
    beforeAll(async () => {
      files = await tableFiles(open);
    });
    afterAll(() => files?.remove());

    splitTests(() => files);

    let snapshots = 0;
    async function snapshot(source: string, dataset: DatasetDefinition = persons(), selection: DataSelection = {}) {
      snapshots += 1;
      const target = join(files.folder, `snapshot-${snapshots}.parquet`);
      return { target, ...(await files.tables.writeSnapshot({ source, dataset, selection, target })) };
    }
    const ids = async (path: string) => (await files.query(`select id::varchar from '${path}'`)).map(([id]) => id);

    test('copies rows in the order of the key, and leaves text as it is', async () => {
      const { target, rowCount, columns, timeRange } = await snapshot(await files.text('plain.csv', csv));
      expect(await files.query(`select id, zip, age from '${target}'`)).toEqual([
        ['1', '00501', '7'],
        ['2', '10001', null],
        ['10', '02134', '41'],
      ]);
      expect(rowCount).toBe(3);
      expect(columns).toContainEqual({ name: 'zip', type: 'VARCHAR' });
      expect(timeRange).toEqual({ from: '2024-01-01 12:00:00', to: '2024-01-03 00:00:00' });
    });

    test('gives equal rows equal digests, in any order of rows and columns, and other rows others', async () => {
      const [head = '', ...rows] = csv.trim().split('\n');
      const shuffled = [head, ...rows.toReversed()].join('\n');
      const swapped = csv
        .trim()
        .split('\n')
        .map((line) => line.split(',').toReversed().join(','))
        .join('\n');
      const first = await snapshot(await files.text('one.csv', csv));
      const again = await snapshot(await files.text('two.csv', shuffled));
      expect(again.rows).toBe(first.rows);
      expect(await readFile(again.target)).toEqual(await readFile(first.target));
      expect((await snapshot(await files.text('swapped.csv', swapped))).rows).toBe(first.rows);
      expect((await snapshot(await files.text('other.csv', csv.replace('41', '42')))).rows).not.toBe(first.rows);
    });

    test('selects by time with both ends included, a day to its end', async () => {
      const source = await files.text('time.csv', csv);
      const dataset = persons();
      expect(await ids((await snapshot(source, dataset, { from: '2024-01-02' })).target)).toEqual(['1', '10']);
      expect(await ids((await snapshot(source, dataset, { to: '2024-01-02' })).target)).toEqual(['1', '2']);
      expect(
        await ids((await snapshot(source, dataset, { from: '2024-01-01T12:00:00', to: '2024-01-01T12:00:00' })).target),
      ).toEqual(['2']);
      await expect(snapshot(source, dataset, { from: 'soon' })).rejects.toMatchObject({ type: 'InvalidRequestError' });
      await expect(snapshot(source, persons({ time: undefined }), { from: 1 })).rejects.toThrow(/names no time column/);
    });

    test('limits to the first rows in the order of the hash of the key, the same for text and numbers', async () => {
      const numbers = await files.parquet('limit.parquet', `select range as id, range % 7 as age from range(1000)`);
      const text = await files.text(
        'limit.csv',
        `id,age\n${Array.from({ length: 1000 }, (_, i) => `${i},${i % 7}`).join('\n')}\n`,
      );
      const expected = Array.from({ length: 1000 }, (_, i) => String(i))
        .toSorted((a, b) => (md5(a) < md5(b) ? -1 : 1))
        .slice(0, 50)
        .toSorted((a, b) => Number(a) - Number(b));
      expect(await ids((await snapshot(numbers, persons(), { limit: 50 })).target)).toEqual(expected);
      expect(await ids((await snapshot(text, persons(), { limit: 50 })).target)).toEqual(expected);
    });

    test('says which file cannot be read, and asks for no retry', async () => {
      const broken = await files.text('broken.parquet', 'this is not Parquet');
      await expect(snapshot(broken)).rejects.toMatchObject({ type: 'InvalidDataError', details: { source: broken } });
      const unknown = await files.text('rows.xlsx', 'PK');
      await expect(snapshot(unknown)).rejects.toMatchObject({
        type: 'InvalidRequestError',
        details: { source: unknown },
      });
    });

    test('hands out numbers with NaN and text with the empty string where a value is missing', async () => {
      const path = await files.parquet(
        'frame.parquet',
        `select * from (values (3, '5', 'a', 1), (1, null, null, 0), (2, 'NaN', '', 1), (4, 'forty', 'b', null)) t(id, age, plan, stays)`,
      );
      const frame = await files.tables.readFrame({ path, dataset: persons(), columns: ['age', 'plan', 'stays', 'id'] });
      expect(frame).toEqual({
        rowCount: 4,
        columns: {
          age: { type: 'number', values: new Float64Array([NaN, NaN, 5, NaN]) },
          plan: { type: 'string', values: ['', '', 'a', 'b'] },
          stays: { type: 'number', values: new Float64Array([0, 1, 1, NaN]) },
          id: { type: 'number', values: new Float64Array([1, 2, 3, 4]) },
        },
      });
    });

    test('names a column that the file does not hold', async () => {
      const path = await files.parquet('few.parquet', `select 1 as id`);
      await expect(files.tables.readFrame({ path, dataset: persons(), columns: ['plan'] })).rejects.toMatchObject({
        type: 'InvalidDataError',
        details: { column: 'plan' },
      });
    });

    test('limits a frame to the first rows in the order of the hash of the key, ordered by key', async () => {
      const path = await files.parquet('limited.parquet', `select range as id from range(100)`);
      const frame = await files.tables.readFrame({ path, dataset: persons(), columns: ['id'], limit: 5 });
      const expected = Array.from({ length: 100 }, (_, i) => i)
        .toSorted((a, b) => (md5(String(a)) < md5(String(b)) ? -1 : 1))
        .slice(0, 5)
        .toSorted((a, b) => a - b);
      expect([...(frame.columns.id?.values ?? [])]).toEqual(expected);
    });

    test('profiles what the data checks judge, and counts both sides where there is a reference', async () => {
      const path = await files.parquet(
        'profiled.parquet',
        `select * from (values (1, '41', 'a', 1), (1, 'forty', 'c', 0), (2, null, 'b', 1)) t(id, age, plan, stays)`,
      );
      const done: [number, number][] = [];
      const onColumns = (so: number, all: number): void => void done.push([so, all]);
      const profile = await files.tables.profile({ path, dataset: persons(), reference: path, onColumns });
      expect(profile).toMatchObject({ rows: 3, duplicateKeys: 1, unexpectedColumns: [] });
      expect(profile.labels).toEqual([
        { value: '1', rows: 2 },
        { value: '0', rows: 1 },
      ]);
      expect(profile.columns.find(({ column }) => column === 'age')).toMatchObject({ rows: 3, nulls: 1, wrongType: 1 });
      expect(done).toEqual([0, 1, 2, 3].map((columns) => [columns, 4]));
    });

    test('writes the sides of a split, which share no row and hold every row with a label', async () => {
      const rule = { by: 'hash', test: 0.3, validation: 0.2 } as const;
      const path = await files.parquet(
        'labelled.parquet',
        `select n::varchar as id, '2024-01-01' as day, '1' as zip, '30' as age, 'a' as plan,
         case when n % 5 = 0 then null else (n % 2)::varchar end as stays from range(500) t(n)`,
      );
      const target = (side: string): string => join(files.folder, `${side}.parquet`);
      const targets = { train: target('train'), validation: target('validation'), test: target('test') };
      const written = await files.tables.writeSides({ path, dataset: persons(), labelSpace: classes, rule, targets });
      expect(written.train + written.validation + written.test).toBe(400);
      const split = { rule, side: 'test' } as const;
      const seen = (...others: string[]) => files.tables.countSeen({ path, dataset: persons(), split, seen: others });
      expect(await seen(targets.train, targets.validation)).toEqual({ rows: written.test, seen: 0, keys: [] });
      const keys = (await ids(targets.test)).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)).slice(0, 5);
      expect(await seen(targets.train, targets.test)).toEqual({ rows: written.test, seen: written.test, keys });
      const labelled = await files.tables.readFrame({
        path,
        dataset: persons(),
        columns: ['id'],
        split,
        labelled: true,
      });
      expect(labelled.rowCount).toBe(written.test);
    });

    test('names how many labels of a side are none of the classes', async () => {
      const path = await files.parquet('odd-labels.parquet', `select range as id, 7 as stays from range(9)`);
      const rule = { by: 'hash', test: 0.3, validation: 0.2 } as const;
      const target = join(files.folder, 'never.parquet');
      const targets = { train: target, validation: target, test: target };
      const written = files.tables.writeSides({ path, dataset: persons(), labelSpace: classes, rule, targets });
      await expect(written).rejects.toMatchObject({ type: 'InvalidDataError' });
    });

    const predict = async (source: string, target: string, signal?: AbortSignal) => {
      const rows: number[] = [];
      const job = {
        source,
        target,
        signature: { inputs: [{ name: 'age', type: 'float32', shape: [null, 1] }], outputs: [] },
        dataset: persons(),
        labelSpace: classes,
        strict: false,
        version: 3,
        run: async ({ rowCount, columns }: Frame) => {
          const ages = columns.age?.values as Float64Array;
          const scores = Float32Array.from(ages, (age) => (Number.isNaN(age) ? 0.1 : Math.min(1, age / 100)));
          return {
            label: { type: 'int64', shape: [rowCount], data: BigInt64Array.from(ages, (age) => (age > 40 ? 1n : 0n)) },
            probabilities: { type: 'float32', shape: [rowCount, 1], data: scores },
          } as const;
        },
        onRows: (so: number): void => void rows.push(so),
      } as const;
      return { ...(await files.tables.predictFile(job, signal)), told: rows.at(-1) };
    };

    test('copies a file in its order with what the model said of each row, and counts what was odd', async () => {
      const source = await files.text('asked.csv', 'id,age,plan\n9,50,a\n3,,a\n7,25,b\n8,500,b\n');
      const target = join(files.folder, 'answered.csv');
      expect(await predict(source, target)).toEqual({
        rows: 4,
        told: 4,
        missing: { age: 1 },
        outside: { age: 1 },
        unknown: {},
      });
      const rows = await files.query(`select id, prediction, probability, model_version from read_csv('${target}')`);
      expect(rows.map(([id]) => String(id))).toEqual(['9', '3', '7', '8']);
      expect(rows.map(([, prediction]) => String(prediction))).toEqual(['1', '0', '0', '1']);
      expect(rows[0]?.[2]).toBeCloseTo(0.5, 6);
      expect(rows.map(([, , , version]) => String(version))).toEqual(['3', '3', '3', '3']);
    });

    test('refuses to predict for a file without a column that is asked for, or with one that would be hidden', async () => {
      const target = join(files.folder, 'refused.csv');
      const refused = { type: 'InvalidDataError' };
      await expect(predict(await files.text('few.csv', 'id\n1\n'), target)).rejects.toMatchObject(refused);
      const taken = await files.text('taken.csv', 'id,age,prediction\n1,2,3\n');
      await expect(predict(taken, target)).rejects.toMatchObject(refused);
    });

    test('ends every work with the reason of its signal, within a second', async () => {
      const dataset = persons();
      const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
      for (const name of names)
        dataset.columns[name] = { type: 'number', kind: 'numeric', description: '', nullable: false, missing: [] };
      const path = await files.parquet(
        'wide.parquet',
        `select range as id, range % 90 as age, (range % 2)::varchar as stays,
         ${names.map((name, i) => `hash(range * ${i + 1}) % 10007 as ${name}`).join(', ')} from range(20000)`,
      );
      const { tables } = files;
      const target = join(files.folder, 'stopped.parquet');
      const rule = { by: 'hash', test: 0.3, validation: 0.2 } as const;
      const split = { rule, side: 'test' } as const;
      const targets = { train: target, validation: target, test: target };
      const works: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
        writeSnapshot: (signal) => tables.writeSnapshot({ source: path, dataset, selection: {}, target }, signal),
        profile: (signal) => tables.profile({ path, dataset, reference: path }, signal),
        readFrame: (signal) => tables.readFrame({ path, dataset, columns: names }, signal),
        countSeen: (signal) => tables.countSeen({ path, dataset, split, seen: [path] }, signal),
        writeSides: (signal) => tables.writeSides({ path, dataset, labelSpace: classes, rule, targets }, signal),
        predictFile: (signal) => predict(path, target, signal),
      };
      for (const [work, begin] of Object.entries(works)) {
        const stop = new AbortController();
        const ended = expect(begin(stop.signal), work).rejects.toThrow(`${work} was stopped`);
        const since = performance.now();
        stop.abort(new Error(`${work} was stopped`));
        await ended;
        expect(performance.now() - since, work).toBeLessThan(patience(1_000));
      }
    });
  });
}
