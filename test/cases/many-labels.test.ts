import { afterEach, expect, test } from 'vitest';
import { dataSection } from '../../report/sections/data.ts';
import type { ReportInput } from '../../report/input.ts';
import { csvOf, strangersProject, type Definitions, type StrangersProject } from './project.ts';
import { textOf } from '../report/markup.ts';

let project: StrangersProject;
afterEach(() => project?.close());

const rows = 3_000;
const even = Array.from({ length: 120 }, (_, i) => `k${i}`);

const check = async (content: unknown[][], definitions: Definitions) => {
  project = await strangersProject({ name: 'data.csv', content: csvOf(content) });
  await project.define(definitions);
  const run = await project.open();
  const data = await project.check(run, await project.snapshot(run));
  const found = (name: string) => data.verdict.checks.find((one) => one.name === name);
  return { data, found };
};
const filled = (cell: (row: number) => unknown, query = (row: number): unknown => row % 2): unknown[][] =>
  Array.from({ length: rows }, (_, row) => [row + 1, 20 + (row % 50), cell(row), (row % 97) / 7, query(row)]);

const several = (allowed: readonly string[], data: object = {}): Definitions => ({
  dataset: { target: 'plan' },
  columns: {
    plan: { type: 'string', kind: 'target', allowed: [...allowed] },
    churned: { type: 'integer', kind: 'categorical' },
  },
  model: { features: ['age', 'amount'], data },
});

test('each of 120 labels is counted, and has its share though no label can have a twentieth', async () => {
  const { data, found } = await check(
    filled((row) => even[row % 120]),
    several(even),
  );
  expect(data.profile.labels).toHaveLength(120);
  expect(data.profile.labels.every((label) => label.rows === 25)).toBe(true);
  expect(found('labels.known')?.status).toBe('pass');
  expect(found('labels.balance')).toMatchObject({
    status: 'pass',
    observed: 1 / 120,
    limit: '0.08333 % to 95 %',
  });
});

test('a label that has hardly a row is told by its own share', async () => {
  const { found } = await check(
    filled((row) => (row === 7 ? 'rare' : even[row % 120])),
    several([...even, 'rare', 'never']),
  );
  expect(found('labels.balance')).toMatchObject({ status: 'fail', observed: 1 / rows });
  expect(found('labels.balance')?.message).toBe(
    '0.03333 % of the labels are rare, expected 0.08197 % to 95 %: join rare labels, leave out of "allowed" what does not come, or lower data.labelBalance',
  );
});

test('shares are of all rows with a label, and rows of more unknown labels than are listed are all counted', async () => {
  const { data, found } = await check(
    filled((row) => (row % 2 === 0 ? `odd ${row}` : row % 4 === 1 ? 'a' : 'b')),
    { ...several(['a', 'b']), model: { task: 'multiclass', features: ['age', 'amount'] } },
  );
  expect(data.profile.labels.slice(0, 2)).toEqual([
    { value: 'a', rows: 750 },
    { value: 'b', rows: 750 },
  ]);
  expect(found('labels.known')).toMatchObject({ status: 'fail', observed: 1500 });
  expect(found('labels.balance')).toMatchObject({ status: 'pass', observed: 0.25 });
});

test('labels are told apart however long they are', async () => {
  const long = ['x'.repeat(100), `${'x'.repeat(99)}y`];
  const { found } = await check(
    filled((row) => long[row % 2]),
    { ...several(long), model: { features: ['age', 'amount'], positive: long[0] } },
  );
  expect(found('labels.known')?.status).toBe('pass');
  expect(found('labels.balance')).toMatchObject({ status: 'pass', observed: 0.5 });
});

const numbers = (model: object = {}): Definitions => ({
  dataset: { target: 'amount' },
  columns: { amount: { type: 'number', kind: 'target' }, churned: { type: 'integer', kind: 'categorical' } },
  model: { features: ['age', 'plan'], ...model },
});
const withAmount = (amount: (row: number) => unknown): unknown[][] =>
  filled(() => 'pro').map((cells, row) => [...cells.slice(0, 3), amount(row), Math.floor(row / 10)]);

test('numbers have no shares: the report shows how they are distributed', async () => {
  const { data, found } = await check(
    withAmount((row) => row / 10),
    numbers(),
  );
  expect(data.profile.labels).toEqual([]);
  expect(data.profile.labelQuantiles?.map((value) => Math.round(value))).toEqual([0, 15, 75, 150, 225, 285, 300]);
  expect(found('labels.balance')).toMatchObject({ status: 'pass', message: 'the labels vary' });
  const definition = await project.ports.definitions.model('churn');
  const report = { run: { champion: null }, data, definition, snapshot: null, tables: { columns: null } };
  const page = textOf(dataSection(report as unknown as ReportInput)!.markup);
  expect(page).toMatch(
    /labels\s+0 to 299\.9, median 149\.9\d*, half from 74\.9\d to 224\.9, nine of ten from (15|14\.99) to 284\.9/,
  );
  expect(page).not.toMatch(/labels [^a-z]*%/);
});

test('numbers that are all the same are refused by their value, and numbers that are missing by that', async () => {
  const { found } = await check(
    withAmount(() => 7.5),
    numbers(),
  );
  expect(found('labels.balance')).toMatchObject({
    status: 'fail',
    observed: '7.5',
    message: 'every label is 7.5: nothing can be learned',
  });
});

test('a label outside the task is counted, however many others are more frequent', async () => {
  const grades = { task: 'ranking', query: 'churned', split: { by: 'group', group: 'churned' } };
  const { found } = await check(
    withAmount((row) => (row === 5 ? -1 : Math.floor(row / 2) / 10)),
    numbers(grades),
  );
  expect(found('labels.known')).toMatchObject({ status: 'fail', observed: 1 });
  expect(found('labels.known')?.message).toMatch(
    /^amount: 1 rows have a label other than grades from 0 to 100 \("-1"\)/,
  );
});

test('more labels than the task tells apart are refused when they are written', async () => {
  project = await strangersProject({ name: 'data.csv', content: csvOf([]) });
  await project.define(several(Array.from({ length: 1_001 }, (_, i) => `k${i}`)));
  await expect(project.open()).rejects.toThrow(
    /task multiclass tells at most 1000 labels apart, and "plan" allows 1001: join rare labels/,
  );
});

test.each<[string, Definitions, RegExp]>([
  [
    'that no share of so many labels can meet',
    several(even, { labelBalance: [0.05, 0.95] }),
    /data\.labelBalance: 120 labels cannot each have a share of at least 0\.05: write at most 0\.008333, or leave it out/,
  ],
  [
    'whose greatest share is too small for so few',
    several(['a', 'b', 'c'], { labelBalance: [0, 0.3] }),
    /data\.labelBalance: 3 labels cannot all have a share of at most 0\.3: write at least 0\.3333/,
  ],
  ['of numbers', numbers({ data: { labelBalance: [0.1, 0.9] } }), /data\.labelBalance says nothing of task regression/],
])('a balance of labels is refused %s', async (_, definitions, message) => {
  project = await strangersProject({ name: 'data.csv', content: csvOf([]) });
  await project.define(definitions);
  await expect(project.open()).rejects.toThrow(message);
});
