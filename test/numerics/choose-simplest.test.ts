import { expect, test } from 'vitest';
import { chooseSimplest } from '../../ml/training/choose-simplest.ts';
import { createRandom } from '../../ml/random.ts';

const rows = 400;
const random = createRandom(3);
const noise = Float64Array.from({ length: rows }, () => random.normal());
const shared = Float64Array.from({ length: rows }, () => 5 + 3 * random.normal());
/** Losses of the same rows whose mean lies so many standard errors above that of `shared`. */
const above = (errors: number): Float64Array => {
  const mean = noise.reduce((sum, one) => sum + one, 0) / rows;
  const deviation = Math.sqrt(noise.reduce((sum, one) => sum + (one - mean) ** 2, 0) / rows);
  return shared.map((loss, row) => loss + (noise[row]! - mean) / deviation + errors / Math.sqrt(rows));
};

test('the simplest one within a standard error of the least is chosen, though single losses differ far more', () => {
  expect(chooseSimplest([above(0.9), shared], null).chosen).toBe(0);
  expect(chooseSimplest([above(1.1), shared], null).chosen).toBe(1);
  expect(chooseSimplest([above(3), above(0.5), shared], null).chosen).toBe(1);
  expect(chooseSimplest([shared, above(2)], null).chosen).toBe(0);
});

test('the difference has the standard error of paired rows, with their weights', () => {
  const { compared } = chooseSimplest([above(2), shared], null);
  expect(compared[0]!.error).toBeCloseTo(1 / Math.sqrt(rows), 10);
  expect(compared[0]!.difference).toBeCloseTo(2 / Math.sqrt(rows), 10);
  expect(compared[1]).toMatchObject({ difference: 0, error: 0 });
  // Rows without weight count for nothing: twice the rows, half of them without weight.
  const twice = (of: Float64Array, other: number): Float64Array => Float64Array.from([...of, ...of.map(() => other)]);
  const weights = Float64Array.from({ length: 2 * rows }, (_, row) => Number(row < rows));
  const weighted = chooseSimplest([twice(above(2), 1e6), twice(shared, 0)], weights);
  expect(weighted.compared[0]!.error).toBeCloseTo(compared[0]!.error, 10);
  expect(weighted.compared[0]!.loss).toBeCloseTo(compared[0]!.loss, 10);
});
