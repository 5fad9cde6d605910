import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DataSelection, DatasetDefinition } from '../../contracts/data/dataset.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

const csv = `id,day,zip,age,plan,stays
10,2024-01-03,02134,41,a,1
2,2024-01-01T12:00:00,10001,,b,0
1,2024-01-02 23:30:00,00501,7,a,1
`;
let counter = 0;
const fresh = (): string => {
  counter += 1;
  return join(files.folder, `snapshot-${counter}.parquet`);
};

async function snapshot(source: string, dataset: DatasetDefinition = persons(), selection: DataSelection = {}) {
  const target = fresh();
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

test('reads newline-delimited JSON as text too, with numbers as they were written', async () => {
  const lines = [
    { id: 3, day: '2024-01-01', zip: '02134', age: 5, plan: 'a', stays: 1 },
    { id: 1, day: '2024-01-02', zip: '1', age: null, plan: 'b', stays: 0 },
  ];
  const { target } = await snapshot(
    await files.text('rows.ndjson', lines.map((line) => JSON.stringify(line)).join('\n')),
  );
  expect(await files.query(`select * from '${target}'`)).toEqual([
    ['1', '2024-01-02', '1', null, 'b', '0'],
    ['3', '2024-01-01', '02134', '5', 'a', '1'],
  ]);
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

test('tells rows apart whose values read alike when strung together', async () => {
  const dataset = persons();
  const one = await snapshot(
    await files.parquet('strung1.parquet', `select 1 as id, 'ab' as zip, 'c' as plan`),
    dataset,
  );
  const two = await snapshot(
    await files.parquet('strung2.parquet', `select 1 as id, 'a' as zip, 'bc' as plan`),
    dataset,
  );
  const none = await snapshot(
    await files.parquet('strung3.parquet', `select 1 as id, 'ab' as zip, null::varchar as plan`),
    dataset,
  );
  const dash = await snapshot(
    await files.parquet('strung4.parquet', `select 1 as id, 'ab' as zip, '-' as plan`),
    dataset,
  );
  expect(new Set([one.rows, two.rows, none.rows, dash.rows]).size).toBe(4);
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

test('takes a snapshot of a file that lacks the key and the time column, in a fixed order', async () => {
  const rows = ['a,1', 'b,2', 'a,1', 'c,3'];
  const one = await snapshot(await files.text('keyless.csv', `plan,age\n${rows.join('\n')}\n`), persons(), {
    from: '2024-01-01',
  });
  const two = await snapshot(await files.text('keyless2.csv', `plan,age\n${rows.toReversed().join('\n')}\n`));
  expect(one.rowCount).toBe(4);
  expect(one.timeRange).toBeNull();
  expect(two.rows).toBe(one.rows);
  expect(await readFile(two.target)).toEqual(await readFile(one.target));
});

test('reads a path for what it is: quotes, patterns and folders that look like columns', async () => {
  const source = await files.parquet('x.parquet', `select 1 as id, 'a' as plan`);
  for (const name of [`it's "here".parquet`, 'a[1]*?.parquet', 'day=2024.parquet']) {
    const path = join(files.folder, name);
    await copyFile(source, path);
    const { columns } = await snapshot(path);
    expect(
      columns.map((column) => column.name),
      name,
    ).toEqual(['id', 'plan']);
  }
});

test('quotes names of columns, with any characters', async () => {
  const name = `a "b"; drop table snapshot; --'`;
  const { columns } = persons();
  const dataset = persons({
    columns: { ...columns, [name]: { type: 'number', kind: 'numeric', description: '', nullable: true, missing: [] } },
  });
  const quoted = name.replaceAll('"', '""');
  const { target } = await snapshot(
    await files.parquet('quoted.parquet', `select 1 as id, 2.5 as "${quoted}", 3 as pawl_row, 4 as u`),
    dataset,
  );
  const frame = await files.tables.readFrame({
    path: target,
    dataset,
    columns: [name],
    split: { rule: { by: 'hash', test: 1, validation: 0 }, side: 'test' },
  });
  expect(frame.columns[name]?.values).toEqual(new Float64Array([2.5]));
  const { columns: profiled } = await files.tables.profile({ path: target, dataset, reference: target });
  expect(profiled.find(({ column }) => column === name)).toMatchObject({ mean: 2.5, wrongType: 0 });
});

test('says which file cannot be read, and asks for no retry', async () => {
  const broken = await files.text('broken.parquet', 'this is not Parquet');
  await expect(snapshot(broken)).rejects.toMatchObject({ type: 'InvalidDataError', details: { source: broken } });
  const unknown = await files.text('rows.xlsx', 'PK');
  await expect(snapshot(unknown)).rejects.toMatchObject({ type: 'InvalidRequestError', details: { source: unknown } });
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

test('reads a code that became a floating-point number as the code that it was', async () => {
  const path = await files.parquet(
    'codes.parquet',
    `select * from (values (1, 1.0::double), (2, 2.5::double), (3, null)) t(id, plan)`,
  );
  const frame = await files.tables.readFrame({ path, dataset: persons(), columns: ['plan'] });
  expect(frame.columns.plan?.values).toEqual(['1', '2.5', '']);
});

test('names a column that the file does not hold', async () => {
  const path = await files.parquet('few.parquet', `select 1 as id`);
  await expect(files.tables.readFrame({ path, dataset: persons(), columns: ['plan'] })).rejects.toMatchObject({
    type: 'InvalidDataError',
    details: { column: 'plan' },
  });
});

test('splits by the hash of the key: by the documented formula, disjoint, complete, and stable when rows are added', async () => {
  const rule = { by: 'hash', test: 0.2, validation: 0.1 } as const;
  const small = await files.parquet('split.parquet', `select range as id from range(2000)`);
  const large = await files.parquet(
    'split-more.parquet',
    `select (range - 500)::varchar as id from range(4000) order by hash(range)`,
  );
  const side = async (path: string, name: 'train' | 'validation' | 'test') => [
    ...((await files.tables.readFrame({ path, dataset: persons(), columns: ['id'], split: { rule, side: name } }))
      .columns.id?.values ?? []),
  ];
  const u = (id: number): number => parseInt(md5(`pawl-split/${id}`).slice(0, 8), 16) / 2 ** 32;
  const all = Array.from({ length: 2000 }, (_, i) => i);
  const test = await side(small, 'test');
  expect(test).toEqual(all.filter((id) => u(id) < 0.2));
  expect(await side(small, 'validation')).toEqual(all.filter((id) => u(id) >= 0.2 && u(id) < 0.3));
  expect(await side(small, 'train')).toEqual(all.filter((id) => u(id) >= 0.3));
  expect((await side(large, 'test')).filter((id) => Number(id) >= 0 && Number(id) < 2000)).toEqual(test);
});

test('splits by time: the newest rows test, the next newest validate', async () => {
  const path = await files.parquet(
    'by-time.parquet',
    `select range as id, timestamp '2024-01-01' + to_days(((range * 37) % 100)::integer) as day from range(100)`,
  );
  const rule = { by: 'time', test: 0.2, validation: 0.1 } as const;
  const day = (id: number | string): number => (Number(id) * 37) % 100;
  const side = async (name: 'train' | 'validation' | 'test') =>
    [
      ...((await files.tables.readFrame({ path, dataset: persons(), columns: ['id'], split: { rule, side: name } }))
        .columns.id?.values ?? []),
    ].map(day);
  const [train, validation, testing] = [await side('train'), await side('validation'), await side('test')];
  expect([train.length, validation.length, testing.length]).toEqual([70, 10, 20]);
  expect(Math.max(...train)).toBeLessThan(Math.min(...validation));
  expect(Math.max(...validation)).toBeLessThan(Math.min(...testing));
  const timeless = {
    path,
    dataset: persons({ time: undefined }),
    columns: ['id'],
    split: { rule, side: 'test' },
  } as const;
  await expect(files.tables.readFrame(timeless)).rejects.toMatchObject({ type: 'InvalidConfigError' });
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

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
