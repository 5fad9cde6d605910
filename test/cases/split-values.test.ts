import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { splitDataset } from '../../activities/run/split-dataset.ts';
import { codeOf, type Cell } from '../../contracts/data/cell.ts';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { createWorld, post, type World } from '../gateway/harness.ts';
import { strangersProject, type StrangersProject } from './project.ts';

const spelled = { missing: ['NA'], nullable: true };
const columns = {
  id: { type: 'string', kind: 'key' },
  age: { type: 'integer', kind: 'numeric', ...spelled },
  plan: null,
  amount: { type: 'number', kind: 'numeric', ...spelled },
  member: { type: 'boolean', kind: 'categorical', ...spelled },
  zip: { type: 'string', kind: 'categorical', ...spelled },
  code: { type: 'integer', kind: 'categorical', ...spelled },
  rate: { type: 'number', kind: 'categorical', ...spelled },
  wide: { type: 'integer', kind: 'categorical', ...spelled },
  day: { type: 'timestamp', kind: 'time' },
  churned: { type: 'boolean', kind: 'target' },
};
const features = ['age', 'amount', 'member', 'zip', 'code', 'rate', 'wide'] as const;
const numeric = new Set<string>(['age', 'amount']);

/** Spellings of cells, and those of labels and times; each row takes the next ones. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  age: ['44', '44.0', ' 7', '+3', 'NA', '', '1e2', 'NaN'],
  amount: ['1.50', '.5', '1e-7', '', '12', 'NA', '16777217'],
  member: ['True', 'yes', '0', 'F', '', 'NA', 'off', '1.0'],
  zip: ['02134', '7.0', 'NA', '', ' x', 'True', '0'],
  code: ['01', '2.0', '+3', '-0', '', 'NA', '1e3'],
  rate: ['1.50', '0.00001', '007', '', 'NA', '1e16'],
  wide: ['9007199254740993', '123456789012345678901', '00501', ''],
  day: ['2024-03-01', '2024-03-01 12:00:00', '2024-03-01T12:00:00+05:00', '2024-03-01T11:00:00Z'],
  churned: ['yes', 'NO', '1', '0.0', 'true'],
};
const names = Object.keys(spellings);
const raw = Array.from({ length: 300 }, (_, n) => ({
  id: String(n).padStart(5, '0'),
  ...Object.fromEntries(names.map((name) => [name, spellings[name]![n % spellings[name]!.length]!])),
})) as Record<string, string>[];

let project: StrangersProject;
let files: TableFiles;
let world: World;
let gateway: Gateway;
let dataset: DatasetDefinition;
beforeAll(async () => {
  files = await tableFiles();
  const header = ['id', ...names];
  const lines = raw.map((row) => header.map((name) => row[name]).join(','));
  project = await strangersProject({ name: 'data.csv', content: `${[header.join(','), ...lines].join('\n')}\n` });
  await project.define({
    columns,
    dataset: { time: 'day', timezone: 'Europe/Berlin' },
    model: { features, positive: true },
  });
  dataset = await project.ports.definitions.datasetOf(await project.ports.definitions.model('churn'));
  world = await createWorld();
  await world.addVersion(echo(), 'tiny', {}, false, dataset);
  await world.deploy({ champion: 1 });
  gateway = await world.gateway();
});
afterAll(async () => {
  await world?.close();
  await project?.close();
  await files?.remove();
});

/** Answers with what it was given. */
function echo(): Uint8Array {
  const g = new GraphBuilder('echo');
  const typeOf = (name: string) => (numeric.has(name) ? 'float32' : 'string');
  const inputs = features.map((name) => g.input(name, typeOf(name), ['batch', 1]));
  for (const [i, name] of features.entries())
    g.output(g.node('Identity', [inputs[i]!], {}, { output: `${name}_seen` }), typeOf(name), ['batch', 1]);
  return encodeModel(g.model({ domains: { [mlDomain]: 4 } }));
}

/** What a model is given for the raw rows, by column. */
async function served(rows: readonly Record<string, string>[]): Promise<Record<string, Cell[]>> {
  const { status, body } = await post(
    `${gateway.url}/predict/tiny`,
    rows.map((row) => Object.fromEntries(features.map((name) => [name, row[name]]))),
  );
  expect(body.error).toBeUndefined();
  expect(status).toBe(200);
  const predictions = body.predictions as Record<string, Cell>[];
  return Object.fromEntries(features.map((name) => [name, predictions.map((row) => row[`${name}_seen`])]));
}

/** A cell of a part, as a trainer gives it to its model. */
const given = (name: string, cell: Cell): Cell =>
  numeric.has(name)
    ? cell === null || cell === ''
      ? null
      : Number(Math.fround(Number(cell)).toPrecision(8))
    : codeOf(cell, { type: dataset.columns[name]!.type });

const rowOf = new Map(raw.map((row) => [row['id'], row]));

async function expectServed(read: readonly Record<string, Cell>[]): Promise<void> {
  const seen = await served(read.map(({ id }) => rowOf.get(String(id))!));
  for (const name of features) expect(read.map((row) => given(name, row[name]))).toEqual(seen[name]);
}

test('a trainer outside reads from Parquet what its model is given, in real types', async () => {
  const folder = join(project.folder, 'parquet');
  const { parts, columns: types, labels } = await splitDataset(project.ports, 'churn', {}, folder);
  expect(labels).toEqual([false, true]);
  expect(types).toMatchObject({ zip: 'string', member: 'boolean', day: 'timestamp' });
  for (const { file, rows } of Object.values(parts)) {
    const path = join(folder, file);
    expect(await files.query(`select column_name, column_type from (describe select * from '${path}')`)).toEqual([
      ['id', 'VARCHAR'],
      ['age', 'BIGINT'],
      ['amount', 'DOUBLE'],
      ['member', 'BOOLEAN'],
      ['zip', 'VARCHAR'],
      ['code', 'BIGINT'],
      ['rate', 'DOUBLE'],
      // Some of its numbers exceed 64 bits.
      ['wide', 'VARCHAR'],
      ['day', 'TIMESTAMP WITH TIME ZONE'],
      ['churned', 'BOOLEAN'],
    ]);
    const read = (await files.query(`select id, ${features.join(', ')} from '${path}'`)).map((cells) =>
      Object.fromEntries(['id', ...features].map((name, i) => [name, cells[i] as Cell])),
    );
    expect(read).toHaveLength(rows);
    await expectServed(read);
  }
});

test('a trainer outside reads from CSV the texts that its model is given', async () => {
  const folder = join(project.folder, 'csv');
  const { parts } = await splitDataset(project.ports, 'churn', {}, folder, 'csv');
  let total = 0;
  for (const { file, rows } of Object.values(parts)) {
    const [header = '', ...lines] = (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n');
    const read = lines.map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(header.split(',').map((name, i) => [name, cells[i]!]));
    });
    expect(read).toHaveLength(rows);
    total += rows;
    await expectServed(read);
    for (const { id, churned, day, wide, code, zip } of read) {
      const row = rowOf.get(id)!;
      expect(churned).toBe(String(['yes', '1', 'true'].includes(row['churned']!)));
      expect([wide, code, zip]).toEqual(
        ['wide', 'code', 'zip'].map((name) => codeOf(row[name], dataset.columns[name]!)),
      );
      expect(day).toBe(
        {
          '2024-03-01': '2024-02-29T23:00:00.000000Z',
          '2024-03-01 12:00:00': '2024-03-01T11:00:00.000000Z',
          '2024-03-01T12:00:00+05:00': '2024-03-01T07:00:00.000000Z',
          '2024-03-01T11:00:00Z': '2024-03-01T11:00:00.000000Z',
        }[row['day']!],
      );
    }
  }
  expect(total).toBe(raw.length);
});

test('a part is not written with cells that no model could be given', async () => {
  const bad = await strangersProject({
    name: 'data.csv',
    content: 'id,age,member,churned\n1,5.5,maybe,yes\n2,7,true,no\n3,9,maybe,no\n',
  });
  const { id, age, member, churned } = columns;
  const split = () => splitDataset(bad.ports, 'churn', {}, join(bad.folder, 'parts'));
  try {
    await bad.define({
      columns: { id, age, member, churned, plan: null, amount: null },
      model: { features: ['age', 'member'], positive: true },
    });
    await expect(split()).rejects.toThrow(
      '1 value of "age" cannot be read as integer ("5.5"): write a whole number such as 7; 2 values of "member" cannot be read as boolean ("maybe"): write true or false',
    );
    const text = { type: 'string', kind: 'categorical' };
    await bad.define({
      columns: { id, age: text, member: text, churned: { ...text, kind: 'target' }, plan: null, amount: null },
      model: { features: ['age', 'member'], positive: 'yes', negative: 'never' },
    });
    await expect(split()).rejects.toThrow('"churned" holds 2 labels other than never and yes ("no"): correct the data');
  } finally {
    await bad.close();
  }
});
