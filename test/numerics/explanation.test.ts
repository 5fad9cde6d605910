import { expect, test } from 'vitest';
import type { Frame, Predictions } from '../../contracts/data/frame.ts';
import { permutationImportance } from '../../ml/explanation/permutation-importance.ts';
import type { Shuffle } from '../../ml/explanation/shuffled-passes.ts';
import { createRandom } from '../../ml/random.ts';
import type { Metric } from '../../ml/tasks/metric.ts';
import { binaryMetricsNamed, outcomesOf, predictionsOf } from '../support/predictions.ts';
import { shuffledFrame } from '../support/shuffled-frame.ts';

const random = createRandom(1);
const rows = 800;
const noise = () => Float64Array.from({ length: rows }, () => random.normal());
const frame: Frame = {
  rowCount: rows,
  columns: {
    strong: { type: 'number', values: noise() },
    weak: { type: 'string', values: Array.from({ length: rows }, () => (random.next() < 0.5 ? 'yes' : '')) },
    unused: { type: 'number', values: noise() },
  },
};
const score = ({ columns }: Frame): Float64Array => {
  const { strong, weak } = columns;
  if (strong?.type !== 'number' || weak?.type !== 'string') throw new Error('the columns changed their type');
  return strong.values.map((value, row) => 1 / (1 + Math.exp(-(2 * value + (weak.values[row] === 'yes' ? 0.5 : 0)))));
};
const predict = (shuffle?: Shuffle): Promise<Predictions> =>
  Promise.resolve(predictionsOf(score(shuffledFrame(frame, shuffle))));
const outcomes = outcomesOf(Uint8Array.from(score(frame), (p) => (random.next() < p ? 1 : 0)));
const [metric] = binaryMetricsNamed('auc') as [Metric];
const input = { frame, outcomes, metric, features: ['unused', 'weak', 'strong'], predict, repeats: 4, seed: 3 };

test('columns are ranked by what shuffling them costs, and one that the model ignores costs nothing', async () => {
  const { importances: found } = await permutationImportance(input);
  expect(found.map(({ column }) => column)).toEqual(['strong', 'weak', 'unused']);
  expect(found[0]?.mean).toBeGreaterThan(0.25);
  expect(found[0]?.deviation).toBeGreaterThan(0);
  expect(found[2]).toEqual({ column: 'unused', mean: 0, deviation: 0 });
});

test('the same seed gives the same importances, and the frame stays as it was', async () => {
  const before = structuredClone(frame);
  expect(await permutationImportance(input)).toEqual(await permutationImportance(input));
  expect(frame).toEqual(before);
});

test('each pass is told with their number', async () => {
  const told: [number, number][] = [];
  await permutationImportance({ ...input, repeats: 2, onPass: (done, total) => told.push([done, total]) });
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 6].map((done) => [done, 6]));
});

test('without both classes there is nothing to explain', async () => {
  expect(await permutationImportance({ ...input, outcomes: outcomesOf(new Uint8Array(rows)) })).toEqual({
    importances: [],
    screenedOut: 0,
  });
});

test('a wide model is explained in a bounded number of passes, and its columns that matter are found', async () => {
  const names = Array.from({ length: 2_000 }, (_, i) => `f${i}`);
  const strong = new Map([
    ['f17', 2],
    ['f500', 1.5],
    ['f501', 1],
    ['f1999', 1],
  ]);
  const wide: Frame = {
    rowCount: rows,
    columns: Object.fromEntries(names.map((name) => [name, { type: 'number', values: noise() }])),
  };
  const scoreWide = ({ columns }: Frame): Float64Array => {
    const sum = new Float64Array(rows);
    for (const [name, weight] of strong)
      columns[name]?.values.forEach((value, row) => (sum[row] = (sum[row] ?? 0) + weight * Number(value)));
    return sum.map((value) => 1 / (1 + Math.exp(-value)));
  };
  let passes = 0;
  const told: number[] = [];
  const found = await permutationImportance({
    frame: wide,
    outcomes: outcomesOf(Uint8Array.from(scoreWide(wide), (p) => (random.next() < p ? 1 : 0))),
    metric,
    features: names,
    predict: (shuffle) => {
      passes += 1;
      return Promise.resolve(predictionsOf(scoreWide(shuffledFrame(wide, shuffle))));
    },
    repeats: 5,
    seed: 3,
    mostColumns: 25,
    onPass: (done, total) => told.push(done / total),
  });
  const first = found.importances.slice(0, 4).map(({ column }) => column);
  expect(first.slice(0, 2)).toEqual(['f17', 'f500']);
  expect(first.slice(2).toSorted()).toEqual(['f1999', 'f501']);
  expect(found).toMatchObject({ screenedOut: 1_975 });
  expect(passes).toBeLessThanOrEqual(1 + 4 * 48 + 25 * 5 + 10);
  expect(told.at(-1)).toBe(1);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});
