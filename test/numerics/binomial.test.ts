import { expect, test } from 'vitest';
import { createRandom, type Random } from '../../ml/random.ts';
import { regularizedBeta } from '../../ml/statistics/beta.ts';
import { binomial } from '../../ml/statistics/binomial.ts';
import { poisson } from '../../ml/statistics/poisson.ts';

test.each([
  [50, 0.02],
  [50, 0.5],
  [50, 0.93],
  [7, 0],
  [7, 1],
  [3_000, 0.02],
  [100_000, 0.4],
  [5_000, 0.97],
])('binomial counts of %d trials at %d have its mean and variance', (n, p) => {
  const random = createRandom(9);
  const counts = Array.from({ length: 20_000 }, () => binomial(random, n, p));
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  const deviation = Math.sqrt(n * p * (1 - p));
  expect(Math.abs(mean - n * p)).toBeLessThanOrEqual((4 * deviation) / Math.sqrt(counts.length));
  expect(Math.abs(variance - deviation ** 2)).toBeLessThanOrEqual(0.06 * deviation ** 2);
  expect(counts.every((count) => count >= 0 && count <= n)).toBe(true);
});

test.each([
  [200, 0.04],
  [400, 0.3],
  [50_000, 0.001],
  [50_000, 0.999],
])('binomial counts of %d trials at %d follow its distribution function', (n, p) => {
  const random = createRandom(10);
  const draws = 20_000;
  const counts = Array.from({ length: draws }, () => binomial(random, n, p));
  for (const z of [-2, -1, -0.3, 0.3, 1, 2]) {
    const limit = Math.floor(n * p + z * Math.sqrt(n * p * (1 - p)));
    const known = 1 - regularizedBeta(limit + 1, n - limit, p);
    const share = counts.filter((count) => count <= limit).length / draws;
    expect(Math.abs(share - known)).toBeLessThan(4 * Math.sqrt((known * (1 - known)) / draws));
  }
});

/** A source that always draws the same. */
const always = (value: number): Random => ({
  next: () => value,
  integer: () => 0,
  normal: () => 0,
  permutation: (n) => new Int32Array(n),
});

test('the rarest draws lie in the far tail, on the side that is left when the other has ended', () => {
  const last = 1 - 2 ** -32;
  // Of 60 trials at .25 there are at most 15 steps below the mode; above it the tail is longer.
  const drawn = binomial(always(last), 60, 0.25);
  expect(1 - regularizedBeta(drawn + 1, 60 - drawn, 0.25)).toBeGreaterThan(1 - 1e-9);
  expect(drawn).toBeGreaterThan(30);
  expect(binomial(always(last), 60, 0.75)).toBe(60 - drawn);
  const events = poisson(always(last), 9);
  expect(events).toBeGreaterThan(25);
  expect(events).toBeLessThan(40);
});

test('nothing is drawn where nothing can happen', () => {
  const never: Random = { ...always(0), next: () => expect.unreachable() };
  expect([binomial(never, 0, 0.3), binomial(never, 9, 0), binomial(never, 9, 1), poisson(never, 0)]).toEqual([
    0, 0, 9, 0,
  ]);
});
