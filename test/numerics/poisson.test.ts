import { expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { chiSquareTail } from '../../ml/statistics/chi-square.ts';
import { logGamma } from '../../ml/statistics/gamma.ts';
import { poisson, positivePoisson } from '../../ml/statistics/poisson.ts';

const draws = 40_000;

/** p of a chi-square test of draws against Poisson(mean) given at least `from`, counts beyond what is expected 5 times pooled. */
function fit(drawn: readonly number[], mean: number, from: number): number {
  const chance = (k: number): number => Math.exp(k * Math.log(mean) - mean - logGamma(k + 1));
  const given = from === 0 ? 1 : -Math.expm1(-mean);
  let [statistic, cells, restSeen, restExpected] = [0, 0, draws, draws];
  for (let k = from; k < mean + 10 * Math.sqrt(mean) + 10; k++) {
    const expected = (draws * chance(k)) / given;
    if (expected < 5) continue;
    const seen = drawn.filter((each) => each === k).length;
    statistic += (seen - expected) ** 2 / expected;
    cells += 1;
    restSeen -= seen;
    restExpected -= expected;
  }
  statistic += restSeen === 0 && restExpected < 1 ? 0 : (restSeen - restExpected) ** 2 / restExpected;
  return chiSquareTail(statistic, cells);
}

test.each([0.05, 0.7, 3, 7.9, 8.1, 40])('Poisson draws of mean %d fit their distribution', (mean) => {
  const random = createRandom(11);
  const drawn = Array.from({ length: draws }, () => poisson(random, mean));
  expect(fit(drawn, mean, 0)).toBeGreaterThan(0.001);
});

test.each([0.01, 0.7, 3, 20])('so do draws of mean %d that are not 0', (mean) => {
  const random = createRandom(12);
  const drawn = Array.from({ length: draws }, () => positivePoisson(random, mean));
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(1);
  expect(fit(drawn, mean, 1)).toBeGreaterThan(0.001);
});

test('large means have the right mean and variance, and no mean gives no event', () => {
  const random = createRandom(13);
  const drawn = Array.from({ length: draws }, () => poisson(random, 5400));
  const mean = drawn.reduce((sum, each) => sum + each, 0) / draws;
  const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (draws - 1);
  expect(Math.abs(mean - 5400)).toBeLessThan(4 * Math.sqrt(5400 / draws));
  expect(Math.abs(variance / 5400 - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  expect(poisson(random, 0)).toBe(0);
});
