import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { binary } from '../support/classes.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

const dataset = datasetDefinitionSchema.parse({
  dataset: 'typed',
  source: 'typed.csv',
  key: 'id',
  target: 'y',
  time: 'at',
  timezone: 'Europe/Berlin',
  columns: {
    id: { type: 'integer', kind: 'key' },
    big: { type: 'integer', kind: 'carried' },
    at: { type: 'timestamp', kind: 'time' },
    zip: { type: 'string', kind: 'categorical' },
    x: { type: 'number', kind: 'numeric', nullable: true, missing: ['NA'] },
    member: { type: 'boolean', kind: 'categorical' },
    odd: { type: 'integer', kind: 'carried' },
    y: { type: 'integer', kind: 'target' },
  },
});

async function predicted(source: string, name: string): Promise<string> {
  const target = join(files.folder, name);
  await files.tables.predictFile({
    source,
    target,
    signature: {
      inputs: [{ name: 'x', type: 'float32', shape: [null, 1] }],
      outputs: [{ name: 'label', type: 'int64', shape: [null] }],
    },
    dataset,
    labelSpace: binary,
    strict: true,
    version: 1,
    run: ({ rowCount }): Promise<Record<string, Tensor>> =>
      Promise.resolve({
        label: { type: 'int64', shape: [rowCount], data: new BigInt64Array(rowCount) },
        probabilities: { type: 'float32', shape: [rowCount, 1], data: new Float32Array(rowCount).fill(0.5) },
      }),
    onRows: () => {},
  });
  return target;
}

const csv = `id,big,at,zip,x,member,odd,y,extra
1,9007199254740993,2024-01-31T12:00:00,02134,1.50,yes,7,1,1
2,1,2024-07-31,00501,NA,0,x,0,2
`;
const linesOf = async (path: string): Promise<unknown[]> =>
  (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('cells of a text file become values of their declared type in Parquet', async () => {
  const target = await predicted(await files.text('typed.csv', csv), 'typed.parquet');
  const types = await files.query(`describe select * from '${target}'`);
  expect(Object.fromEntries(types.map(([name, type]) => [name, type]))).toMatchObject({
    id: 'BIGINT',
    big: 'BIGINT',
    at: 'TIMESTAMP WITH TIME ZONE',
    zip: 'VARCHAR',
    x: 'DOUBLE',
    member: 'BOOLEAN',
    odd: 'VARCHAR',
    y: 'BIGINT',
    extra: 'VARCHAR',
  });
  expect(await files.query(`select id, epoch("at"), zip, x, member, odd from '${target}' order by id`)).toEqual([
    ['1', 1706698800, '02134', 1.5, true, '7'],
    ['2', 1722376800, '00501', null, false, 'x'],
  ]);
});

test('and in NDJSON, but for what JSON cannot hold', async () => {
  const target = await predicted(await files.text('typed.csv', csv), 'typed.ndjson');
  const answer = { prediction: 0, probability: 0.5, model_version: 1 };
  expect(await linesOf(target)).toEqual([
    {
      id: 1,
      big: '9007199254740993',
      at: '2024-01-31T12:00:00',
      zip: '02134',
      x: 1.5,
      member: true,
      odd: '7',
      y: 1,
      extra: '1',
      ...answer,
    },
    {
      id: 2,
      big: '1',
      at: '2024-07-31',
      zip: '00501',
      x: null,
      member: false,
      odd: 'x',
      y: 0,
      extra: '2',
      ...answer,
    },
  ]);
});

test('NDJSON is JSON also where a file has NaN and infinite numbers', async () => {
  const source = await files.parquet(
    'numbers.parquet',
    `select unnest([1, 2]) as id, unnest(['nan'::double, 2.5]) as x, unnest(['inf'::double, 1]) as far, unnest(['nan'::float, 1]) as low`,
  );
  const rows = await linesOf(await predicted(source, 'numbers.ndjson'));
  expect(rows).toMatchObject([
    { x: null, far: 'inf', low: null, probability: 0.5 },
    { x: 2.5, far: '1.0', low: 1, probability: 0.5 },
  ]);
});
