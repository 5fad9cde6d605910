import { expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { regularizedBeta } from '../../ml/statistics/beta.ts';
import { binomial } from '../../ml/statistics/binomial.ts';

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
