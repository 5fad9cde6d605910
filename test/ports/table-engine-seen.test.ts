import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';

let files: TableFiles;
let path: string;
const dataset = persons();
const rule = { by: 'hash', test: 0.3, validation: 0.2 } as const;
beforeAll(async () => {
  files = await tableFiles();
  path = await files.parquet(
    'rows.parquet',
    `select n::varchar as id, '2024-01-01' as day, '1' as zip, '30' as age, 'a' as plan,
     case when n % 5 = 0 then null else (n % 2)::varchar end as stays from range(500) t(n)`,
  );
});
afterAll(() => files.remove());

const classes = labelSpaceOf({ model: 'stayers', positive: 1 }, dataset);
const sides = ['train', 'validation', 'test'] as const;
const side = async (
  name: (typeof sides)[number],
  of = rule as { by: 'hash'; test: number; validation: number },
  form = 'parquet',
) => {
  const [train, validation, test] = sides.map((part) => join(files.folder, `${part}-${of.test}.${form}`));
  const targets = { train: train!, validation: validation!, test: test! };
  const rows = await files.tables.writeSides({ path, dataset, labelSpace: classes, rule: of, targets });
  return { target: targets[name], rows: rows[name] };
};
const seen = (...paths: string[]) =>
  files.tables.countSeen({ path, dataset, split: { rule, side: 'test' }, seen: paths });

test('counts the test rows that another split had among its training rows', async () => {
  const other = await side('train', { by: 'hash', test: 0.1, validation: 0.05 });
  const tested = await side('test');
  const [[shared] = []] = await files.query(
    `select count(*)::int from '${tested.target}' where id in (select id from '${other.target}')`,
  );
  expect(shared).toBeGreaterThan(0);
  expect(await seen(other.target)).toMatchObject({ rows: tested.rows, seen: shared });
});

test('knows rows by their key in any type, and refuses a file without the key', async () => {
  const tested = await side('test');
  const typed = await files.parquet('typed.parquet', `select id::int as id, stays from '${tested.target}'`);
  expect(await seen(typed)).toMatchObject({ rows: tested.rows, seen: tested.rows });
  const written = await side('test', rule, 'csv');
  expect(await seen(written.target)).toMatchObject({ rows: tested.rows, seen: tested.rows });
  const keyless = await files.parquet('keyless.parquet', 'select 1 as age, 1 as stays');
  await expect(seen(keyless)).rejects.toThrow('keyless.parquet has no column "id"');
});

test('refuses rows of another target', async () => {
  const other = await files.parquet('other.parquet', 'select 1 as id, 1 as leaves');
  await expect(seen(other)).rejects.toThrow(
    'other.parquet has no column "stays": rows that a model was trained on need the key and the target of the dataset "persons"',
  );
});

test('counts how many of the rows are rows of the snapshot, and how many have another label there', async () => {
  const written = await Promise.all(
    ['parquet', 'csv'].map(async (form) => [form, (await side('train', rule, form)).target] as const),
  );
  const { rows: trained } = await side('train');
  for (const [form, target] of written)
    expect([form, await seen(target)]).toEqual([
      form,
      { rows: expect.any(Number) as number, seen: 0, keys: [], trained, known: trained, relabelled: 0 },
    ]);
  const turned = await files.parquet(
    'turned.parquet',
    `select id, case when id::int < 100 then 1 - stays::int else stays::int end as stays from '${written[0]?.[1]}'
     union all select 'n' || range, 1 from range(7)`,
  );
  const [[relabelled] = []] = await files.query(`select count(*)::int from '${written[0]?.[1]}' where id::int < 100`);
  expect(relabelled).toBeGreaterThan(5);
  expect(await seen(turned)).toMatchObject({ trained: trained + 7, known: trained, relabelled });
});
