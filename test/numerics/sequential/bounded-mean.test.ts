import { array, assert, constantFrom, double, nat, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asymptoticMeanInterval } from '../../../ml/sequential/asymptotic-mean.ts';
import { bettingInterval, meanAboveEvidence, meanBelowEvidence } from '../../../ml/sequential/bounded-mean.ts';
import type { ValueCount } from '../../../ml/sequential/bounded-mean.ts';
import type { Random } from '../../../ml/random.ts';
import oracle from '../../fixtures/numerics/bounded-means.json' with { type: 'json' };
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;
const unit = { low: 0, high: 1 };

test.each(oracle.fixed)('evidence and interval agree with confseq over $range', (known) => {
  const { counts, range, limit } = known;
  expect(meanAboveEvidence(counts, range, limit)).toBeCloseTo(known.above, 10);
  expect(meanBelowEvidence(counts, range, limit)).toBeCloseTo(known.below, 10);
  const { lower, upper } = bettingInterval(counts, range, known.alpha);
  expect(lower).toBeCloseTo(known.lower, 9);
  expect(upper).toBeCloseTo(known.upper, 9);
});

test.each(oracle.asymptotic)('the asymptotic interval agrees with confseq and says what it is', (known) => {
  const counts = known.values.map((value) => ({ value, count: 1 }));
  const { lower, upper, approximate } = asymptoticMeanInterval(counts, known.alpha, known.best);
  expect(approximate).toBe(true);
  expect(lower).toBeCloseTo(known.lower, 10);
  expect(upper).toBeCloseTo(known.upper, 10);
});

test('the asymptotic interval knows nothing from one value', () => {
  const { lower, upper } = asymptoticMeanInterval([{ value: 3, count: 1 }], alpha, 100);
  expect([lower, upper]).toEqual([-Infinity, Infinity]);
});

const someCounts = array(record({ value: double({ min: -2, max: 5, noNaN: true }), count: nat(60) }), { maxLength: 8 });
const range = { low: -2, high: 5 };
const someLimit = double({ min: -1.9, max: 4.9, noNaN: true });
const total = (counts: readonly ValueCount[]): number => counts.reduce((sum, { count }) => sum + count, 0);

describe('evidence about a bounded mean', () => {
  test('is 1 without values', () => {
    expect(meanAboveEvidence([], range, 0)).toBe(1);
    expect(meanBelowEvidence([{ value: 3, count: 0 }], range, 0)).toBe(1);
  });
  test('does not depend on the order of the values', () => {
    assert(
      property(
        someCounts.chain((counts) =>
          record({
            counts: constantFrom(counts),
            shuffled: shuffledSubarray(counts, { minLength: counts.length, maxLength: counts.length }),
          }),
        ),
        someLimit,
        ({ counts, shuffled }, limit) => {
          const [here, there] = [meanAboveEvidence(counts, range, limit), meanAboveEvidence(shuffled, range, limit)];
          expect(Math.log(there)).toBeCloseTo(Math.log(here), 8);
        },
      ),
    );
  });
  test('is the same from either side when the values are mirrored', () => {
    assert(
      property(someCounts, someLimit, (counts, limit) => {
        const mirrored = counts.map(({ value, count }) => ({ value: -value, count }));
        const below = meanBelowEvidence(mirrored, { low: -5, high: 2 }, -limit);
        expect(Math.log(below)).toBeCloseTo(Math.log(meanAboveEvidence(counts, range, limit)), 8);
      }),
    );
  });
  test('is the same in any unit, at the ends of the range too', () => {
    const counts = [
      { value: -2, count: 40 },
      { value: 1, count: 30 },
      { value: 5, count: 2 },
    ];
    for (const unitOf of [0.001, 1000])
      for (const limit of [-2, 0.5, 5]) {
        const scaled = counts.map(({ value, count }) => ({ value: value * unitOf, count }));
        const wide = { low: -2 * unitOf, high: 5 * unitOf };
        const [above, below] = [
          meanAboveEvidence(scaled, wide, limit * unitOf),
          meanBelowEvidence(scaled, wide, limit * unitOf),
        ];
        expect(Math.log(above)).toBeCloseTo(Math.log(meanAboveEvidence(counts, range, limit)), 6);
        expect(Math.log(below)).toBeCloseTo(Math.log(meanBelowEvidence(counts, range, limit)), 6);
      }
  });
  test('grows with a value, and falls with the limit', () => {
    assert(
      property(someCounts, someLimit, double({ min: -2, max: 4, noNaN: true }), (counts, limit, value) => {
        const at = (added: number, limitAt: number) =>
          Math.log(meanAboveEvidence([...counts, { value: added, count: 3 }], range, limitAt));
        expect(at(value + 1, limit)).toBeGreaterThanOrEqual(at(value, limit));
        expect(at(value, (limit + 5) / 2)).toBeLessThanOrEqual(at(value, limit) + 1e-9);
      }),
    );
  });
  test('has an expectation of 1 after the next value, at the very limit', () => {
    assert(
      property(someCounts, (counts) => {
        const after = (value: number) => meanAboveEvidence([...counts, { value, count: 1 }], range, 0.5);
        const mean = 0.5 * after(-2) + 0.25 * after(1) + 0.25 * after(5);
        const now = meanAboveEvidence(counts, range, 0.5);
        if (now < 1e280) expect(mean / now).toBeCloseTo(1, 9);
      }),
    );
  });
  test('of one value that a limit at the end of the range rules out is overwhelming', () => {
    expect(meanAboveEvidence([{ value: 0, count: 1000 }], unit, 0)).toBe(1);
    expect(meanAboveEvidence([{ value: 1, count: 1 }], unit, 0)).toBeGreaterThan(1e6);
  });
  test.each([
    ['a value outside the range', () => meanAboveEvidence([{ value: 1.01, count: 1 }], unit, 0.5)],
    ['a value that is not a number', () => meanBelowEvidence([{ value: Number.NaN, count: 1 }], unit, 0.5)],
    ['a limit outside the range', () => meanBelowEvidence([], unit, -0.1)],
    ['a range without an end', () => bettingInterval([], { low: 0, high: Infinity }, alpha)],
    ['a range that is a point', () => bettingInterval([], { low: 1, high: 1 }, alpha)],
    ['a negative count', () => meanAboveEvidence([{ value: 0.5, count: -1 }], unit, 0.5)],
  ])('refuses %s', (_, call) => {
    expect(call).toThrow(RangeError);
  });
});

describe('the betting interval', () => {
  test('is the range without values', () => {
    expect(bettingInterval([], range, alpha)).toEqual({ estimate: 1.5, lower: -2, upper: 5 });
  });
  test('holds the mean of the values, and lies within that of a smaller alpha', () => {
    assert(
      property(someCounts, double({ min: 0.001, max: 0.4, noNaN: true }), (counts, level) => {
        const [wide, narrow] = [bettingInterval(counts, range, level / 2), bettingInterval(counts, range, level)];
        expect(wide.lower).toBeLessThanOrEqual(narrow.lower);
        expect(wide.upper).toBeGreaterThanOrEqual(narrow.upper);
        expect(narrow.lower).toBeLessThanOrEqual(narrow.estimate);
        expect(narrow.upper).toBeGreaterThanOrEqual(narrow.estimate);
      }),
      { numRuns: 40 },
    );
  });
  test('ends where the evidence reaches 2 / alpha', () => {
    assert(
      property(someCounts, (counts) => {
        const { lower, upper } = bettingInterval(counts, range, alpha);
        if (total(counts) === 0) return;
        if (lower > -2 + 1e-6) expect(meanAboveEvidence(counts, range, lower)).toBeCloseTo(2 / alpha, 4);
        if (upper < 5 - 1e-6) expect(meanBelowEvidence(counts, range, upper)).toBeCloseTo(2 / alpha, 4);
      }),
      { numRuns: 40 },
    );
  });
  test('narrows to a hundredth with 30,000 coins', () => {
    const { lower, upper } = bettingInterval(
      [0, 1].map((value) => ({ value, count: 15_000 })),
      unit,
      alpha,
    );
    expect(upper - lower).toBeLessThan(0.03);
  });
});

/** Quarters in [0, 1] with mean .25, one by one; when `alarmed` says so first. */
const play =
  (most: number, alarmed: (counts: readonly ValueCount[]) => boolean) =>
  (random: Random): number | null => {
    const counts = [0, 0.25, 0.5, 0.75, 1].map((value) => ({ value, count: 0 }));
    for (let seen = 1; seen <= most; seen++) {
      const count = counts[random.next() < 0.5 ? 0 : ([1, 1, 2, 4][random.integer(4)] ?? 0)];
      if (count !== undefined) count.count += 1;
      if (alarmed(counts)) return seen;
    }
    return null;
  };

describe('looked at after each value, at the limit itself', () => {
  const repeats = 300;
  test.each([
    ['above', meanAboveEvidence],
    ['below', meanBelowEvidence],
  ])('the evidence %s reaches 1 / alpha at most so often as alpha says', (_, evidence) => {
    const { share } = watch(
      repeats,
      play(600, (counts) => evidence(counts, unit, 0.25) >= 1 / alpha),
    );
    expect(share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('a mean of .25 is found to be above .2 within 600 values', () => {
    const found = watch(
      100,
      play(3000, (counts) => meanAboveEvidence(counts, unit, 0.2) >= 1 / alpha),
    );
    expect(found.share).toBe(1);
    expect(found.median).toBeLessThan(600);
  });
});
