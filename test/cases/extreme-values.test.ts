import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { tableFiles, type TableFiles } from '../data/table-files.ts';
import { csvOf, strangersProject, type Definitions, type StrangersProject } from './project.ts';

let project: StrangersProject | undefined;
afterEach(() => project?.close());

const rows = 3_000;

/** The checks of rows whose `amount` is given, beside an age. */
async function warningsOf(
  amount: (row: number, random: Random) => unknown,
  { columns, model, ...more }: Definitions = {},
) {
  const random = createRandom(9);
  const content = Array.from({ length: rows }, (_, row) => [
    row + 1,
    20 + (row % 50),
    'pro',
    amount(row, random),
    row % 2,
  ]);
  project = await strangersProject({ name: 'data.csv', content: csvOf(content) });
  await project.define({ columns: columns ?? {}, model: model ?? {}, ...more });
  const run = await project.open();
  const { verdict } = await project.check(run, await project.snapshot(run));
  return verdict.checks.filter(({ name }) => name.endsWith('.extreme') || name === 'columns.extreme');
}
const target: Definitions = {
  dataset: { target: 'amount' },
  columns: { amount: { type: 'number', kind: 'target' }, churned: { type: 'integer', kind: 'categorical' } },
  model: { features: ['age', 'plan'] },
};
const price = (random: Random): number => Math.exp(4 + random.normal());

describe('values that decide by themselves', () => {
  test('warn in the target, with their count, the largest ones and what to do', async () => {
    const found = await warningsOf((row, random) => (row === 5 ? 1e30 : row === 8 ? 1e25 : price(random)), target);
    expect(found).toMatchObject([{ name: 'amount.extreme', status: 'warn', observed: 2 }]);
    expect(found[0]?.message).toMatch(
      /^amount: 2 of 3000 values are beyond all others \(1e30, 1e25; median 5\d\.\d+\) and would decide alone what a model learns: correct them or leave these rows out; write what means missing under "missing", and what is possible as "min" and "max", in dataset\.yaml; if they are true, predict the logarithm$/,
    );
  });

  test('warn in a feature', async () => {
    const found = await warningsOf((row) => (row === 5 ? -1e35 : 10));
    expect(found).toMatchObject([{ name: 'amount.extreme', status: 'warn', observed: 1 }]);
    expect(found[0]?.message).toMatch(
      /^amount: 1 of 3000 values is beyond all others \(-1e35; median 10\) .*give the model the logarithm$/,
    );
  });

  test('warn though float32 holds their squares', async () => {
    const found = await warningsOf((row, random) => (row < 20 ? 1e9 + row : price(random)), target);
    expect(found).toMatchObject([{ status: 'warn', observed: 20 }]);
    expect(found[0]?.message).toContain('(1000000019, 1000000018, 1000000017, 1000000016, 1000000015, ...; median');
  });

  test('are not looked for where no model reads numbers', async () => {
    const found = await warningsOf((row) => (row === 5 ? 1e35 : 10), {
      columns: { amount: { type: 'number', kind: 'carried' } },
      model: { features: ['age', 'plan'] },
    });
    expect(found).toMatchObject([{ name: 'columns.extreme', status: 'pass' }]);
  });

  test('are told by range where it says what is possible', async () => {
    const found = await warningsOf((row, random) => (row === 5 ? 1e12 : price(random)), {
      columns: { amount: { type: 'number', kind: 'numeric', min: 0, max: 1e13 } },
    });
    expect(found).toMatchObject([{ name: 'columns.extreme', status: 'pass' }]);
  });
});

/** By name, how one value is drawn. */
const kinds: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => random.normal(),
  uniform: (random) => random.next(),
  'log-normal of 1': (random) => Math.exp(random.normal()),
  'log-normal of 2': (random) => Math.exp(2 * random.normal()),
  exponential: (random) => -Math.log(1 - random.next()),
  'Pareto of 2': (random) => (1 - random.next()) ** (-1 / 2),
  'Pareto of 1.5': (random) => (1 - random.next()) ** (-1 / 1.5),
  'counts that are mostly 0': (random) => Math.floor(-Math.log(1 - random.next()) * 0.6),
  'claims of one in twenty': (random) => (random.next() < 0.95 ? 0 : Math.exp(7 + 1.5 * random.normal())),
  'a rare flag': (random) => Number(random.next() < 0.002),
};
const drawn = 40;

describe('samples of heavy tails are not taken for faults', () => {
  let files: TableFiles;
  let flagged: Map<string, number>;
  const sizes = [600, rows];
  beforeAll(async () => {
    files = await tableFiles();
    flagged = new Map();
    const random = createRandom(20);
    for (const size of sizes) {
      const names = Object.keys(kinds).flatMap((kind, k) =>
        Array.from({ length: drawn }, (_, i) => ({ kind, name: `c${k}_${i}` })),
      );
      const lines = Array.from({ length: size }, (_, row) =>
        [row, ...names.map(({ kind }) => kinds[kind]!(random))].join(','),
      );
      const csv = await files.text(
        'drawn.csv',
        [['id', ...names.map(({ name }) => name)].join(','), ...lines].join('\n'),
      );
      const path = await files.parquet(`drawn-${size}.parquet`, `select * from read_csv('${csv}')`);
      const dataset = datasetDefinitionSchema.parse({
        dataset: 'drawn',
        source: 'drawn.csv',
        key: 'id',
        target: 'c0_0',
        columns: {
          id: { type: 'integer', kind: 'key' },
          ...Object.fromEntries(
            names.map(({ name }) => [name, { type: 'number', kind: name === 'c0_0' ? 'target' : 'numeric' }]),
          ),
        },
      });
      const { columns } = await files.tables.profile({ path, dataset, reference: null });
      const kindOf = new Map(names.map(({ kind, name }) => [name, kind]));
      for (const { column, extremes } of columns) {
        const kind = kindOf.get(column);
        if (kind !== undefined && extremes !== null) flagged.set(kind, (flagged.get(kind) ?? 0) + 1);
      }
    }
  }, 120_000);
  afterAll(() => files?.remove());

  test.each(Object.keys(kinds))('%s', (kind) => {
    // At most 1 of 80: a Pareto tail of 1.5 has no variance, and one of its samples in a hundred is decided by a single row.
    expect(flagged.get(kind) ?? 0).toBeLessThanOrEqual(kind === 'Pareto of 1.5' ? 3 : 1);
  });
});
