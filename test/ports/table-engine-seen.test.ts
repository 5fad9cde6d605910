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
  const typed = await files.parquet('typed.parquet', `select id::int as id from '${tested.target}'`);
  expect(await seen(typed)).toMatchObject({ rows: tested.rows, seen: tested.rows });
  const written = await side('test', rule, 'csv');
  expect(await seen(written.target)).toMatchObject({ rows: tested.rows, seen: tested.rows });
  const keyless = await files.parquet('keyless.parquet', 'select 1 as age');
  await expect(seen(keyless)).rejects.toThrow('keyless.parquet has no column "id"');
});
