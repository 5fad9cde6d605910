import { expect, test } from 'vitest';
import type { Frame, Predictions } from '../../contracts/frame.ts';
import { permutationImportance } from '../../ml/explanation/permutation-importance.ts';
import { createRandom } from '../../ml/random.ts';

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
const predict = (shuffled: Frame): Promise<Predictions> => {
  const probability = score(shuffled);
  return Promise.resolve({ probability, positive: Uint8Array.from(probability, (p) => (p >= 0.5 ? 1 : 0)) });
};
const labels = Uint8Array.from(score(frame), (p) => (random.next() < p ? 1 : 0));
const input = { frame, labels, features: ['unused', 'weak', 'strong'], predict, repeats: 4, seed: 3 };

test('columns are ranked by what shuffling them costs, and one that the model ignores costs nothing', async () => {
  const found = await permutationImportance(input);
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

test('without both classes there is nothing to explain', async () => {
  expect(await permutationImportance({ ...input, labels: new Uint8Array(rows) })).toEqual([]);
});
