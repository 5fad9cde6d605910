import { describe, expect, test } from 'vitest';
import { benjaminiHochberg } from '../../ml/statistics/benjamini-hochberg.ts';
import { betaQuantile, regularizedBeta } from '../../ml/statistics/beta.ts';
import { chiSquareTail, noncentralChiSquareTail, noncentralityLowerBound } from '../../ml/statistics/chi-square.ts';
import { regularizedGammaP, regularizedGammaQ } from '../../ml/statistics/gamma.ts';
import { normalCdf, normalQuantile } from '../../ml/statistics/normal.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../ml/statistics/proportion.ts';
import oracle from '../fixtures/numerics/distributions.json' with { type: 'json' };

/** Relative error in units of the tolerance, so that tails count as much as the middle. */
const close = (found: number, expected: number, tolerance: number) =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(expected), 1e-200));

describe('distributions agree with scipy', () => {
  test('normal distribution function, far into both tails', () => {
    for (const [z = 0, expected = 0] of oracle.normal) close(normalCdf(z), expected, 1e-11);
  });
  test('normal quantile', () => {
    for (const [p = 0, expected = 0] of oracle.normalQuantile) {
      expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1e-10);
    }
  });
  test('chi-square tail', () => {
    for (const [x = 0, k = 0, expected = 0] of oracle.chiSquareTail) close(chiSquareTail(x, k), expected, 1e-9);
  });
  test('noncentral chi-square tail, up to a noncentrality of 12,000', () => {
    for (const [x = 0, k = 0, nc = 0, expected = 0] of oracle.noncentralTail) {
      expect(Math.abs(noncentralChiSquareTail(x, k, nc) - expected)).toBeLessThan(1e-9);
    }
  });
  test('beta distribution function and quantile', () => {
    for (const [a = 0, b = 0, x = 0, expected = 0] of oracle.beta) {
      expect(Math.abs(regularizedBeta(a, b, x) - expected)).toBeLessThan(1e-11);
    }
    for (const [a = 0, b = 0, p = 0, expected = 0] of oracle.betaQuantile) {
      close(betaQuantile(a, b, p), expected, 1e-8);
    }
  });
  test('Clopper-Pearson and Wilson intervals', () => {
    for (const [k = 0, n = 0, alpha = 0, lower = 0, upper = 0] of oracle.clopperPearson) {
      const found = clopperPearsonInterval(k, n, alpha);
      expect(found.lower).toBeCloseTo(lower, 9);
      expect(found.upper).toBeCloseTo(upper, 9);
    }
    for (const [k = 0, n = 0, alpha = 0, lower = 0, upper = 0] of oracle.wilson) {
      const found = wilsonInterval(k, n, alpha);
      expect(found.lower).toBeCloseTo(lower, 9);
      expect(found.upper).toBeCloseTo(upper, 9);
    }
  });
  test('Benjamini-Hochberg adjustment', () => {
    for (const [p, expected] of oracle.benjaminiHochberg as [number[], number[]][]) {
      benjaminiHochberg(p).forEach((found, i) => expect(found).toBeCloseTo(expected[i] ?? -1, 12));
    }
  });
});

test('the lower bound of the noncentrality is where the tail is alpha', () => {
  for (const x of [17, 30, 200, 5000]) {
    const bound = noncentralityLowerBound(x, 9, 0.05);
    expect(noncentralChiSquareTail(x, 9, bound)).toBeCloseTo(0.05, 6);
  }
  expect(noncentralityLowerBound(9, 9, 0.05)).toBe(0);
});

test('without noncentrality the tail is the central one, and at 0 everything lies beyond', () => {
  expect(noncentralChiSquareTail(7, 3, 0)).toBe(chiSquareTail(7, 3));
  expect([noncentralChiSquareTail(0, 3, 5), chiSquareTail(0, 3), normalCdf(0)]).toEqual([1, 1, 0.5]);
  expect([regularizedGammaP(2, 0), regularizedGammaQ(2, 0)]).toEqual([0, 1]);
  expect([regularizedBeta(2, 3, 0), regularizedBeta(2, 3, 1)]).toEqual([0, 1]);
});

test('without trials nothing is known about a proportion', () => {
  expect(wilsonInterval(0, 0)).toEqual({ estimate: 0.5, lower: 0, upper: 1 });
  expect(clopperPearsonInterval(0, 0)).toEqual({ estimate: 0.5, lower: 0, upper: 1 });
});
