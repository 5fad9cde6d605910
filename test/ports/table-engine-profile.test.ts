import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import type { ColumnProfile } from '../../contracts/evidence/data.ts';
import { binFrames } from '../../ml/drift/bins.ts';
import { dataProfileSchema } from '../../contracts/evidence/data.ts';
import { patience } from '../support/patience.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

async function profile(query: string, reference: string | null = null) {
  const path = await files.parquet('rows.parquet', query);
  const labelSpace = labelSpaceOf({ model: 'stayers', positive: 1 }, persons());
  const facts = await files.tables.profile({ path, dataset: persons(), reference, labelSpace });
  const column = (name: string): ColumnProfile => {
    const found = facts.columns.find((candidate) => candidate.column === name);
    if (found === undefined) throw new Error(`no profile of ${name}`);
    return found;
  };
  return { facts: dataProfileSchema.parse(facts), column };
}

test('counts what is missing, wrong, out of range and unknown, once each, with examples', async () => {
  const { column } = await profile(`select * from (values
    (1, '41', 'a'), (2, 'forty', 'c'), (3, '430', 'c'), (4, '-1', null), (5, null, ''), (6, '', 'b'),
    (7, 'NaN', 'b'), (8, '7.5', 'b'), (9, 'inf', 'b'), (10, '41.0', 'b')) t(id, age, plan)`);
  expect(column('age')).toMatchObject({
    rows: 10,
    nulls: 3,
    wrongType: 2,
    outOfRange: 3,
    notAllowed: 0,
    min: -1,
    max: 430,
  });
  expect(column('age').examples).toEqual(['-1', '430', '7.5', 'forty', 'inf']);
  expect(column('age').top[0]).toEqual({ value: '41', rows: 2 });
  expect(column('plan')).toMatchObject({ nulls: 2, notAllowed: 2, examples: ['c'], distinct: 3, mean: null });
});

test('computes mean and deviation over the finite numbers only', async () => {
  const { column } = await profile(
    `select * from (values (1, 2::double), (2, 4), (3, 'nan'::double), (4, 'infinity'::double), (5, 1e308), (6, -1e308)) t(id, age)`,
  );
  expect(column('age')).toMatchObject({ nulls: 1, mean: 3, deviation: 1, min: 2, max: 4, outOfRange: 3, wrongType: 0 });
});

test('names missing and unexpected columns; names differ by case', async () => {
  const { facts, column } = await profile(`select 1 as id, 2 as "AGE", 'x' as more`);
  expect(column('age')).toMatchObject({ foundType: null, nulls: 1, rows: 1 });
  expect(facts.unexpectedColumns).toEqual(['AGE', 'more']);
});

test('counts rows that repeat a key, as numbers: 7, "7" and 7.0 are one key', async () => {
  expect(
    (await profile(`select * from (values ('7'), ('07'), ('7.0'), ('8'), (null), (null)) t(id)`)).facts.duplicateKeys,
  ).toBe(2);
  expect((await profile(`select 7.0::double as id from range(3)`)).facts.duplicateKeys).toBe(2);
  expect((await profile(`select 'x' as plan from range(3)`)).facts.duplicateKeys).toBe(0);
});

test('counts the labels as text, without the .0 of a detour through floating point', async () => {
  const { facts } = await profile(`select * from (values (1, 1.0::double), (2, 0), (3, 1), (4, null)) t(id, stays)`);
  expect(facts.labels).toEqual([
    { value: '1', rows: 2 },
    { value: '0', rows: 1 },
  ]);
});

test('profiles a file without rows', async () => {
  const { facts, column } = await profile(`select 1 as id, 2 as age, 'a' as plan, 1 as stays where false`);
  expect(facts).toMatchObject({ rows: 0, duplicateKeys: 0, labels: [] });
  expect(column('age')).toMatchObject({ rows: 0, nulls: 0, min: null, mean: null, top: [] });
});

test('judges timestamps and booleans by what can be read as such', async () => {
  const { column } = await profile(
    `select * from (values (1, '2024-01-01'), (2, '2024-13-01'), (3, 'soon'), (4, null)) t(id, day)`,
  );
  expect(column('day')).toMatchObject({ wrongType: 2, nulls: 1 });
  expect((await profile(`select 1 as id, date '2024-01-01' as day`)).column('day').wrongType).toBe(0);
  expect((await profile(`select 1 as id, 20240101 as day`)).column('day').wrongType).toBe(1);
});

test('counts both sides in bins that the reference makes, and nothing is lost', async () => {
  const reference = await files.parquet(
    'reference.parquet',
    `select range as id, case when range < 10 then null else range % 100 end as age, chr((97 + range % 2)::integer) as plan from range(1010)`,
  );
  const { facts } = await profile(
    `select * from (values (1, 5, 'a'), (2, 1000, 'z'), (3, null, null), (4, -7, 'b'), (5, 50, 'a')) t(id, age, plan)`,
    reference,
  );
  expect(facts.drift.map(({ column }) => column)).toEqual(['age', 'plan']);
  const age = facts.drift[0];
  expect(age?.bins).toEqual([
    '<= 9',
    ...[19, 29, 39, 49, 59, 69, 79, 89].map((edge) => `(${edge - 10}, ${edge}]`),
    '> 89',
    'missing',
  ]);
  expect(age?.reference).toEqual([...Array.from({ length: 10 }, () => 100), 10]);
  expect(age?.current).toEqual([2, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
  expect(facts.drift[1]).toEqual({
    column: 'plan',
    bins: ['a', 'b', 'other', 'new', 'missing'],
    reference: [505, 505, 0, 0, 0],
    current: [2, 1, 0, 1, 1],
  });
});

test('leaves a column out of the drift that either file lacks, and survives one that is empty in the reference', async () => {
  const reference = await files.parquet(
    'empty-column.parquet',
    `select range as id, null::double as age from range(5)`,
  );
  const { facts } = await profile(`select * from (values (1, 5, 'a'), (2, null, 'b')) t(id, age, plan)`, reference);
  expect(facts.drift).toEqual([{ column: 'age', bins: ['other', 'missing'], reference: [0, 5], current: [1, 1] }]);
});

test('the gate and the monitor count drift in the same bins', async () => {
  const rows = (seed: number, scale: number): string =>
    `select range as id, case when hash(range + ${seed}) % 10 < 8 then 0 else ${scale} * (hash(range) % 97) / 7 end as age,
       case when hash(range + ${seed}) % 9 = 0 then null else 'p' || hash(range * ${seed}) % 70 end as plan,
       case when range % ${seed} = 4 then 't' || ${seed} else 't' || hash(range * ${seed}) % 1500 end as town,
       case when range % 11 = 0 then chr(39) || 'x' || chr(39) when range % 13 = 0 then '' else 'z' end as zip,
       range % 2 as stays from range(2000)`;
  const paths = [await files.parquet('before.parquet', rows(1, 1)), await files.parquet('now.parquet', rows(5, 3))];
  const columns = ['zip', 'age', 'plan', 'town'];
  const dataset = persons();
  dataset.columns['town'] = { type: 'string', kind: 'categorical', description: '', nullable: true, missing: [] };
  const [reference, current] = await Promise.all(
    paths.map((path) => files.tables.readFrame({ path, dataset, columns })),
  );
  const { drift } = await files.tables.profile({ path: paths[1] ?? '', dataset, reference: paths[0] ?? null });
  if (reference === undefined || current === undefined) throw new Error('two frames were read');
  expect(drift.filter(({ column }) => columns.includes(column))).toEqual(binFrames(reference, current));
  expect(
    drift
      .find(({ column }) => column === 'town')
      ?.rare?.current.slice(1, 3)
      .every((rows) => rows > 0),
  ).toBe(true);
});

test(
  'a wide file is profiled some columns at a time, and tells how far it has come',
  async () => {
    const dataset = persons();
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
    for (const name of names)
      dataset.columns[name] = { type: 'number', kind: 'numeric', description: '', nullable: false, missing: [] };
    const select = names.map((name, i) => `(range * ${i + 7}) % 101 as ${name}`).join(', ');
    const path = await files.parquet('wide.parquet', `select range as id, ${select} from range(50)`);
    const told: number[] = [];
    const { columns, drift } = await files.tables.profile({
      path,
      dataset,
      reference: path,
      onColumns: (done, total) => {
        expect(total).toBe(301);
        told.push(done);
      },
    });
    expect(columns.filter(({ distinct }) => distinct > 0)).toHaveLength(301);
    expect(drift).toHaveLength(300);
    expect(told).toEqual(Array.from({ length: 301 }, (_, i) => i));
  },
  patience(60_000),
);
