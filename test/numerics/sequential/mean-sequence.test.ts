import { array, assert, double, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bettingSequence, empiricalBernsteinSequence } from '../../../ml/sequential/mean-sequence.ts';
import type { Random } from '../../../ml/random.ts';
import oracle from '../../fixtures/numerics/bounded-means.json' with { type: 'json' };
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;

describe.each(oracle.sequences)('of values that are $name, as confseq has them,', (known) => {
  test('the empirical Bernstein bounds are the same', () => {
    empiricalBernsteinSequence(known.values, known.alpha).forEach(({ lower, upper }, at) => {
      expect(lower).toBeCloseTo(known.bernstein.lower[at] ?? Number.NaN, 11);
      expect(upper).toBeCloseTo(known.bernstein.upper[at] ?? Number.NaN, 11);
    });
  });
  test('the betting bounds are the same, rounded outwards by at most a thousandth', () => {
    bettingSequence(known.values, known.alpha).forEach(({ lower, upper }, at) => {
      const [wantedLower = Number.NaN, wantedUpper = Number.NaN] = [known.betting.lower[at], known.betting.upper[at]];
      expect(wantedLower - lower).toBeGreaterThanOrEqual(-1e-9);
      expect(wantedLower - lower).toBeLessThanOrEqual(0.001 + 1e-9);
      expect(upper - wantedUpper).toBeGreaterThanOrEqual(-1e-9);
      expect(upper - wantedUpper).toBeLessThanOrEqual(0.001 + 1e-9);
    });
  });
});

describe.each([
  ['empirical Bernstein', empiricalBernsteinSequence],
  ['betting', bettingSequence],
])('the %s sequence', (_, sequence) => {
  test('has nested bounds, mirrored when the values are', () => {
    assert(
      property(array(double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 60 }), (values) => {
        const bounds = sequence(values, alpha);
        const mirrored = sequence(
          values.map((value) => 1 - value),
          alpha,
        );
        bounds.forEach(({ lower, upper }, at) => {
          expect(lower).toBeGreaterThanOrEqual(bounds[at - 1]?.lower ?? 0);
          expect(upper).toBeLessThanOrEqual(bounds[at - 1]?.upper ?? 1);
          expect(Math.abs(1 - upper - (mirrored[at]?.lower ?? Number.NaN))).toBeLessThan(0.0011);
        });
      }),
      { numRuns: 40 },
    );
  });
  test('holds a mean of .3 at all times but for a chance of alpha', () => {
    const repeats = 200;
    const missed = (random: Random): number | null => {
      const values = Array.from({ length: 500 }, () => (random.next() < 0.3 ? 1 : 0));
      const at = sequence(values, alpha).findIndex(({ lower, upper }) => lower > 0.3 || upper < 0.3);
      return at === -1 ? null : at;
    };
    expect(watch(repeats, missed).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('refuses a value outside [0, 1]', () => {
    expect(() => sequence([0.5, 1.5], alpha)).toThrow(RangeError);
  });
  test('has no bounds without values', () => {
    expect(sequence([], alpha)).toEqual([]);
  });
});
