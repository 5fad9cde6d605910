import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { createDuckDbTables } from '../../ports/table-engine/duckdb.ts';
import { describedFilesSuite } from '../contracts/described-files.suite.ts';
import { tableEngineSuite } from '../contracts/table-engine.suite.ts';
import { persons, tableFiles, type TableFiles } from '../data/table-files.ts';

tableEngineSuite('DuckDB', (tempDir) => createDuckDbTables({ tempDir, threads: 2 }));
describedFilesSuite('DuckDB', (tempDir) => createDuckDbTables({ tempDir, threads: 2 }));

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

let counter = 0;
const fresh = (): string => {
  counter += 1;
  return join(files.folder, `snapshot-${counter}.parquet`);
};

async function snapshot(source: string, dataset: DatasetDefinition = persons(), selection = {}) {
  const target = fresh();
  return { target, ...(await files.tables.writeSnapshot({ source, dataset, selection, target })) };
}

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

test('reads a code that became a floating-point number as the code that it was', async () => {
  const path = await files.parquet(
    'codes.parquet',
    `select * from (values (1, 1.0::double), (2, 2.5::double), (3, null)) t(id, plan)`,
  );
  const frame = await files.tables.readFrame({ path, dataset: persons(), columns: ['plan'] });
  expect(frame.columns.plan?.values).toEqual(['1', '2.5', '']);
});
