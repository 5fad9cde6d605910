import { array, assert, double, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandConstant, bandMissChance, bandRadius, compareHistograms } from '../../../ml/sequential/ks-band.ts';
import type { Random } from '../../../ml/random.ts';
import oracle from '../../fixtures/numerics/bounded-means.json' with { type: 'json' };
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;

test.each(oracle.bands)('the radius for $values values at alpha $alpha is as in confseq', (known) => {
  expect(bandRadius(known.values, bandConstant(known.alpha)) / known.radius).toBeCloseTo(1, 8);
});

test('the constant is 8.12 at .05, and its chance to miss is what was asked for', () => {
  expect(bandConstant(0.05)).toBeCloseTo(8.12, 2);
  for (const level of [0.5, 0.025, 1e-6]) expect(bandMissChance(bandConstant(level)) / level).toBeCloseTo(1, 6);
});

test('an alpha that is not a chance is refused', () => {
  expect(() => bandConstant(0)).toThrow(RangeError);
  expect(() => bandConstant(1)).toThrow(RangeError);
});

const naive = (champion: Float64Array, canary: Float64Array): number => {
  const at = (sample: Float64Array, x: number) => sample.filter((value) => value <= x).length / sample.length;
  return Math.max(...[...champion, ...canary].map((x) => Math.abs(at(champion, x) - at(canary, x))));
};
const sample = array(
  double({ min: 0, max: 1, noNaN: true }).map((value) => Math.round(value * 20) / 20),
  {
    minLength: 1,
    maxLength: 40,
  },
).map((values) => Float64Array.from(values).sort());

describe('two samples', () => {
  test('are no farther apart in histograms, and just as far when each value has a bin', () => {
    const histogram = (values: Float64Array, bins: number) => {
      const counts = Array.from({ length: bins }, () => 0);
      for (const value of values) {
        const bin = Math.min(bins - 1, Math.floor(Math.round(value * 20) / (20 / (bins - 1))));
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      return counts;
    };
    assert(
      property(sample, sample, (champion, canary) => {
        const whole = naive(champion, canary);
        const at = (bins: number) => compareHistograms(histogram(champion, bins), histogram(canary, bins), alpha);
        expect(at(21).distance).toBeCloseTo(whole, 12);
        expect(at(5).distance).toBeLessThanOrEqual(whole + 1e-12);
      }),
      { numRuns: 60 },
    );
  });
  test('say nothing while one is empty', () => {
    expect(compareHistograms([0, 0], [5, 0], alpha)).toMatchObject({ limit: Infinity, differ: false });
  });
  test('must have the same bins', () => {
    expect(() => compareHistograms([1], [1, 2], alpha)).toThrow(RangeError);
  });
});

const play =
  (slower: number, most: number) =>
  (random: Random): number | null => {
    const bins = { champion: Array.from({ length: 20 }, () => 0), canary: Array.from({ length: 20 }, () => 0) };
    for (let seen = 1; seen <= most; seen++) {
      const arm = seen % 2 === 0 ? 'canary' : 'champion';
      const value = Math.min(19, Math.floor(20 * random.next() + (arm === 'canary' ? slower : 0)));
      bins[arm][value] = (bins[arm][value] ?? 0) + 1;
      if (seen % 10 === 0 && compareHistograms(bins.champion, bins.canary, alpha).differ) return seen;
    }
    return null;
  };

test('equal arms differ at most so often as alpha says, and arms a fifth apart always', () => {
  expect(watch(60, play(0, 1000)).share).toBeLessThanOrEqual(atMost(alpha, 60));
  expect(watch(20, play(4, 3000)).share).toBe(1);
});
