import { afterEach, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { csvOf, strangersProject, type StrangersProject } from './project.ts';

let project: StrangersProject | undefined;
afterEach(() => project?.close());

/** The checks of rows whose `amount` is given. */
async function checksOf(amount: (row: number) => unknown, column?: object) {
  const content = Array.from({ length: 1_000 }, (_, row) => [row + 1, 20 + (row % 50), 'pro', amount(row), row % 2]);
  project = await strangersProject({ name: 'data.csv', content: csvOf(content) });
  await project.define({ columns: column === undefined ? {} : { amount: column } });
  const run = await project.open();
  const { verdict } = await project.check(run, await project.snapshot(run));
  return verdict.checks.filter(({ name }) => name.endsWith('.digits'));
}
const random = createRandom(2);

test.each<[string, (row: number) => unknown, RegExp]>([
  [
    'noise around a billion',
    () => (1e9 + random.normal()).toFixed(4),
    /^amount: models read float32, which leaves 1 of \d+ different numbers \(most lie from 99999999\d\.\d+ to 10000000\d\d?\.\d+\): subtract an offset in the source, for example 99999999\d$/,
  ],
  ['tenths beyond 2^24', (row) => 16_777_217 + (row % 10) / 10, /leaves 2 of 10 different numbers/],
  ['noise around a billion, with a stray value', (row) => (row === 7 ? 0 : 1e9 + (row % 100) / 10), /leaves 2 of 101/],
])('a feature of %s warns of digits that models do not see', async (_, amount, message) => {
  const found = await checksOf(amount, { type: 'number', kind: 'numeric' });
  expect(found).toMatchObject([{ name: 'amount.digits', status: 'warn' }]);
  expect(found[0]!.message).toMatch(message);
});

test.each<[string, (row: number) => unknown]>([
  ['prices', (row) => (5 + (row % 97) / 10).toFixed(1)],
  ['ordinary doubles', () => random.normal()],
  ['seconds of a year', (row) => 1.7e9 + row * 30_000],
  ['one value', () => 1e9 + 0.3],
])('a feature of %s does not', async (_, amount) => {
  expect(await checksOf(amount, { type: 'number', kind: 'numeric' })).toMatchObject([
    { name: 'columns.digits', status: 'pass' },
  ]);
});
