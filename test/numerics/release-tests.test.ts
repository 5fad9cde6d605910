import { describe, expect, test } from 'vitest';
import { hodgesLehmann, mannWhitneyZ, shiftAt } from '../../bench/release/deciders/mann-whitney.ts';
import { mixtureRatio } from '../../bench/release/deciders/msprt.ts';
import { obrienFlemingBounds, obrienFlemingSpending } from '../../bench/release/deciders/spending.ts';
import { normalQuantile } from '../../ml/statistics/normal.ts';
import oracle from '../fixtures/numerics/release-tests.json' with { type: 'json' };

describe('what the release bench compares with agrees with scipy', () => {
  test.each(oracle.mannWhitney)('Mann-Whitney z of moved samples, with ties', ({ x, y, z }) => {
    for (const [shift = 0, expected = 0] of z) expect(mannWhitneyZ(x, y, shift)).toBeCloseTo(expected, 8);
  });
  test.each(oracle.intervals)('Hodges-Lehmann estimate and 98 % interval', ({ x, y, estimate, lower, upper }) => {
    const quantile = normalQuantile(0.99);
    expect(hodgesLehmann(x, y)).toBeCloseTo(estimate, 4);
    expect(shiftAt(x, y, quantile)).toBeCloseTo(lower, 4);
    expect(shiftAt(x, y, -quantile)).toBeCloseTo(upper, 4);
  });
  test.each(oracle.bounds)("O'Brien-Fleming bounds at $fractions", ({ fractions, alpha, bounds }) => {
    for (const [analysis, bound] of obrienFlemingBounds(fractions, alpha).entries()) {
      expect(Math.abs(bound - (bounds[analysis] ?? 0))).toBeLessThan(2e-3);
    }
  });
  test.each(oracle.mixtures)('mixture likelihood ratio of %d at variance %d', (difference, variance, tau, expected) => {
    expect(mixtureRatio(difference, variance, tau) / expected).toBeCloseTo(1, 8);
  });
});

test("the published O'Brien-Fleming bounds of five even looks at one-sided .025", () => {
  const published = [4.8769, 3.3569, 2.6803, 2.2898, 2.031];
  for (const [analysis, bound] of obrienFlemingBounds([0.2, 0.4, 0.6, 0.8, 1], 0.025).entries()) {
    expect(bound).toBeCloseTo(published[analysis] ?? 0, 3);
  }
});

test('all of alpha is spent at the last look', () => {
  expect(obrienFlemingSpending(1, 0.05)).toBeCloseTo(0.05, 12);
});

test('samples of one and the same value say nothing', () => {
  expect(mannWhitneyZ([1, 1, 1], [1, 1], 0)).toBeNaN();
});
