import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datasetDefinitionSchema, type Column, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { binary } from '../support/classes.ts';

let files: TableFiles;
beforeAll(async () => {
  files = await tableFiles();
});
afterAll(() => files.remove());

const datasetOf = (name: string, type: Column['type'], kind: Column['kind']): DatasetDefinition =>
  datasetDefinitionSchema.parse({
    dataset: 'odd',
    source: 'odd.csv',
    key: 'id',
    target: 'y',
    columns: {
      id: { type: 'string', kind: 'key' },
      [name]: { type, kind, nullable: true },
      y: { type: 'integer', kind: 'target' },
    },
  });

let written = 0;
async function snapshotOf(source: string, dataset: DatasetDefinition): Promise<string> {
  written += 1;
  const target = `${files.folder}/odd-${written}-snapshot.parquet`;
  await files.tables.writeSnapshot({ source, dataset, selection: {}, target });
  return target;
}

function predict(source: string, dataset: DatasetDefinition, name: string, seen: unknown[] = []) {
  const type = dataset.columns[name]?.type === 'string' ? 'string' : 'float32';
  return files.tables.predictFile({
    source,
    target: `${files.folder}/odd-${written}-answers.ndjson`,
    signature: {
      inputs: [{ name, type, shape: [null, 1] }],
      outputs: [{ name: 'label', type: 'int64', shape: [null] }],
    },
    dataset,
    labelSpace: binary,
    strict: true,
    version: 1,
    run: async ({ rowCount, columns }): Promise<Record<string, Tensor>> => {
      seen.push(...(columns[name]?.values ?? []));
      return { label: { type: 'int64', shape: [rowCount], data: new BigInt64Array(rowCount) } };
    },
    onRows: () => {},
  });
}

test.each([
  'file_row_number',
  'FILE_ROW_NUMBER',
  'pawl_u',
  'pawl_place',
  'pawl_row_number',
  'pawl_row',
  'pawl_c1',
  'filename',
])('a column may be named %s', async (name) => {
  const dataset = datasetOf(name, 'number', 'numeric');
  const source = await files.parquet(
    `odd-${name}.parquet`,
    `select i::varchar as id, (50 - i)::double as "${name}", (i % 2)::integer as y from range(50) t(i)`,
  );
  const path = await snapshotOf(source, dataset);
  await files.tables.profile({ path, dataset, reference: path });
  const ids: string[] = [];
  for (const side of ['train', 'validation', 'test'] as const) {
    const rule = { by: 'hash', test: 0.3, validation: 0.2 } as const;
    const { columns } = await files.tables.readFrame({
      path,
      dataset,
      columns: ['id', name],
      split: { rule, side },
      labelled: true,
      limit: 40,
    });
    const some = columns.id?.values as string[];
    expect([...(columns[name]?.values ?? [])]).toEqual(some.map((id) => 50 - Number(id)));
    ids.push(...some);
  }
  expect(ids.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  const seen: number[] = [];
  await predict(source, dataset, name, seen);
  expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => 50 - i));
});

test('a column with the name of an answer is refused by pawl predict, in any case of letters', async () => {
  const source = await files.text('answer.csv', 'id,Prediction,y\n1,2,0\n');
  await expect(predict(source, datasetOf('Prediction', 'number', 'numeric'), 'Prediction')).rejects.toThrow(
    'has a column prediction already',
  );
});

test.each<[Column['type'], Column['kind'], string]>([
  ['string', 'categorical', `['x', 'z']`],
  ['string', 'categorical', `[timestamp '2024-01-01']`],
  ['string', 'categorical', `{'x': 1}`],
  ['string', 'categorical', `'\\xFF'::blob`],
  ['number', 'numeric', `[1.5::double, 2]`],
  ['number', 'numeric', `[1.5::decimal(9, 2)]`],
  ['integer', 'categorical', `[1]`],
  ['boolean', 'categorical', `[true]`],
  ['timestamp', 'carried', `[timestamp '2024-01-01']`],
])('in a column of %s (%s) the Parquet value %s is a fault', async (type, kind, value) => {
  const dataset = datasetOf('a', type, kind);
  const source = await files.parquet(`list-${written}.parquet`, `select '1' as id, ${value} as a, 0 as y`);
  const path = await snapshotOf(source, dataset);
  const { columns } = await files.tables.profile({ path, dataset, reference: path });
  expect(columns.find(({ column }) => column === 'a')?.wrongType).toBe(1);
  if (kind !== 'carried')
    await expect(predict(source, dataset, 'a')).rejects.toThrow(`1 value of "a" cannot be read as ${type}`);
});

test('a text with a NUL character is a fault in every file, as no model sees what follows it', async () => {
  const dataset = datasetOf('a', 'string', 'categorical');
  const sources = [
    await files.text('nul.ndjson', '{"id":"1\\u0000","a":"x\\u0000y","y":0}\n{"id":"2","a":"x","y":0}\n'),
    await files.text('nul.csv', 'id,a,y\n1\0,x\0y,0\n2,x,0\n'),
    await files.parquet(
      'nul.parquet',
      `select unnest(['1' || chr(0), '2']) as id, unnest(['x' || chr(0) || 'y', 'x']) as a, 0 as y`,
    ),
  ];
  for (const source of sources) {
    const path = await snapshotOf(source, dataset);
    const { columns } = await files.tables.profile({ path, dataset, reference: null });
    expect(columns.map(({ wrongType }) => wrongType)).toEqual([1, 1, 0]);
    await expect(predict(source, dataset, 'a')).rejects.toThrow('1 value of "a" cannot be read as string');
  }
});

/** Files of pyarrow by name, in base64. */
const ofPyarrow = JSON.parse(
  await readFile(new URL('../fixtures/parquet/parquet.json', import.meta.url), 'utf8'),
) as Record<string, string>;

async function pyarrowFile(name: string): Promise<string> {
  const path = join(files.folder, `${name}.parquet`);
  await writeFile(path, Buffer.from(ofPyarrow[name]!, 'base64'));
  return path;
}

test.each(['nan', 'nan32'])('NaN is missing though the statistics of the file know nothing of it: %s', async (name) => {
  const dataset = datasetOf('x', 'number', 'numeric');
  const seen: unknown[] = [];
  const { rows, missing } = await predict(await pyarrowFile(name), dataset, 'x', seen);
  expect([rows, missing]).toEqual([3, { x: 1 }]);
  expect(seen.map((value) => Math.fround(Number(value)))).toEqual([Math.fround(0.1), Number.NaN, 1.5]);
  const timed = { ...dataset, time: 'x' };
  const target = join(files.folder, `${name}-window.parquet`);
  const snapshot = { source: await pyarrowFile(name), dataset: timed, selection: { from: 1 }, target };
  expect(await files.tables.writeSnapshot(snapshot)).toMatchObject({ rowCount: 1, timeless: 1 });
});

test('times of INT96 are instants in any zone of the dataset, as Spark writes them', async () => {
  const dataset = { ...datasetOf('x', 'timestamp', 'time'), time: 'x', timezone: 'Asia/Tokyo' };
  const target = join(files.folder, 'int96-window.parquet');
  const at = '2024-01-01T00:30:00Z';
  const snapshot = { source: await pyarrowFile('int96'), dataset, selection: { from: at, to: at }, target };
  expect(await files.tables.writeSnapshot(snapshot)).toMatchObject({ rowCount: 1, timeless: 1 });
});

test('decimals that would be read as other numbers are refused', async () => {
  const source = await pyarrowFile('wide');
  const dataset = datasetOf('x', 'integer', 'categorical');
  const words = /decimals that are too wide to be read \("x" of 60 digits\): write at most 38 digits, or text/;
  await expect(snapshotOf(source, dataset)).rejects.toThrow(words);
  await expect(predict(source, dataset, 'x')).rejects.toThrow(words);
});

test('texts without a type are texts, and bytes that are none are faults', async () => {
  const dataset = datasetOf('x', 'string', 'categorical');
  const seen: unknown[] = [];
  expect(await predict(await pyarrowFile('binary'), dataset, 'x', seen)).toMatchObject({ rows: 3, missing: { x: 1 } });
  expect(seen).toEqual(['a', 'é', '']);
  const path = await snapshotOf(await pyarrowFile('binary'), dataset);
  const { columns } = await files.tables.readFrame({ path, dataset, columns: ['x'] });
  expect(columns.x!.values).toEqual(['a', 'é', '']);
  await expect(predict(await pyarrowFile('bytes'), dataset, 'x')).rejects.toThrow(
    /1 value of "x" cannot be read as string/,
  );
  const bytes = await snapshotOf(await pyarrowFile('bytes'), dataset);
  const { columns: found } = await files.tables.profile({ path: bytes, dataset, reference: null });
  expect(found.find(({ column }) => column === 'x')).toMatchObject({
    nulls: 1,
    wrongType: 1,
    examples: ['\\xFF'],
  });
});
