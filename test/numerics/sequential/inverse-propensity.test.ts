import { assert, double, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asymptoticMeanInterval } from '../../../ml/sequential/asymptotic-mean.ts';
import { bettingInterval, meanBelowEvidence } from '../../../ml/sequential/bounded-mean.ts';
import { inversePropensityCounts, missingAtWorst } from '../../../ml/sequential/inverse-propensity.ts';
import type { OutcomeCount } from '../../../ml/sequential/inverse-propensity.ts';
import type { Random } from '../../../ml/random.ts';
import { atMost, watch } from '../../support/watch.ts';

const alpha = 0.05;
const limits = { least: 0.1, greatest: 0.5 };

type Outcome = Omit<OutcomeCount, 'count'>;

describe('inverse-propensity values', () => {
  test('weigh each arm by its share, and count equal values together', () => {
    const { counts, range } = inversePropensityCounts(
      [
        { share: 0.1, arm: 'canary', value: 1, count: 3 },
        { share: 0.5, arm: 'canary', value: 1, count: 2 },
        { share: 0.5, arm: 'canary', value: 0, count: 4 },
        { share: 0.5, arm: 'champion', value: 1, count: 5 },
        { share: 0.1, arm: 'champion', value: 0, count: 6 },
      ],
      limits,
    );
    expect(range).toEqual({ low: -2, high: 10 });
    expect(counts).toEqual([
      { value: -2, count: 5 },
      { value: 0, count: 10 },
      { value: 2, count: 2 },
      { value: 10, count: 3 },
    ]);
  });
  test('have the range of both arms at the worst of their shares, around the centre', () => {
    const range = (least: number, greatest: number, centre: number) =>
      inversePropensityCounts([], { least, greatest }, centre).range;
    const { low, high } = range(0.1, 0.8, 0.3);
    expect(low).toBeCloseTo(-0.7 / 0.2, 12);
    expect(high).toBeCloseTo(0.7 / 0.1, 12);
    expect(range(0.1, 0.5, 0.9).low).toBeCloseTo(-9, 12);
    expect(range(0.5, 0.9, 0.9).high).toBeCloseTo(9, 12);
  });
  test('leave out what was served without a choice', () => {
    const outcomes: OutcomeCount[] = [
      { share: 0, arm: 'champion', value: 1, count: 9 },
      { share: 1, arm: 'canary', value: 1, count: 9 },
    ];
    expect(inversePropensityCounts(outcomes, limits).counts).toEqual([]);
  });
  test('have the difference of the arms as their mean at every share', () => {
    const share = double({ min: 0.1, max: 0.5, noNaN: true });
    const outcome = double({ min: 0, max: 1, noNaN: true });
    assert(
      property(share, outcome, outcome, (at, canary, champion) => {
        const { counts } = inversePropensityCounts(
          [
            { share: at, arm: 'canary', value: canary, count: at },
            { share: at, arm: 'champion', value: champion, count: 1 - at },
          ],
          limits,
        );
        expect(counts.reduce((sum, { value, count }) => sum + value * count, 0)).toBeCloseTo(canary - champion, 12);
      }),
    );
  });
  test.each<[string, Outcome]>([
    ['a share below the declared', { share: 0.05, arm: 'canary', value: 1 }],
    ['a share above the declared', { share: 0.6, arm: 'champion', value: 1 }],
    ['an outcome above 1', { share: 0.3, arm: 'canary', value: 1.1 }],
    ['an outcome that is not a number', { share: 0.3, arm: 'canary', value: Number.NaN }],
  ])('refuse %s', (_, outcome) => {
    expect(() => inversePropensityCounts([{ ...outcome, count: 1 }], limits)).toThrow(RangeError);
  });
  test('refuse limits at which one arm has no share', () => {
    expect(() => inversePropensityCounts([], { least: 0, greatest: 0.5 })).toThrow(RangeError);
    expect(() => inversePropensityCounts([], { least: 0.5, greatest: 0.1 })).toThrow(RangeError);
  });
  test('count missing labels at the worst for the question', () => {
    const missing = [
      { share: 0.5, arm: 'canary' as const, count: 2 },
      { share: 0.5, arm: 'champion' as const, count: 3 },
    ];
    const against = (question: 'promotion' | 'rollback') =>
      inversePropensityCounts(missingAtWorst(missing, question), limits).counts;
    expect(against('promotion')).toEqual([
      { value: -2, count: 3 },
      { value: 0, count: 2 },
    ]);
    expect(against('rollback')).toEqual([
      { value: 0, count: 3 },
      { value: 2, count: 2 },
    ]);
  });
});

/** Keys over a ramp whose outcomes get worse with time on both arms; the canary's are worse by `loss`. */
const play =
  (loss: number, most: number) =>
  (random: Random): number | null => {
    const cells = new Map<string, OutcomeCount & { count: number }>();
    for (let key = 0; key < most; key++) {
      const share = [0.1, 0.25, 0.5][Math.floor((3 * key) / most)] ?? 0.5;
      const arm = random.next() < share ? 'canary' : 'champion';
      const good = 0.9 - (0.2 * key) / most - (arm === 'canary' ? loss : 0);
      const value = random.next() < good ? 1 : 0;
      const cell = cells.get(`${share} ${arm} ${value}`) ?? { share, arm, value, count: 0 };
      cell.count += 1;
      cells.set(`${share} ${arm} ${value}`, cell);
      const { counts, range } = inversePropensityCounts([...cells.values()], limits);
      if (meanBelowEvidence(counts, range, 0) >= 1 / alpha) return key;
    }
    return null;
  };

describe('evidence that the canary is worse, looked at after each label over a ramp', () => {
  test('fires on an equal one at most so often as alpha says, though both get worse', () => {
    const repeats = 200;
    expect(watch(repeats, play(0, 900)).share).toBeLessThanOrEqual(atMost(alpha, repeats));
  });
  test('fires on one that loses 25 points', () => {
    expect(watch(40, play(0.25, 1500)).share).toBeGreaterThan(0.9);
  });
});

test('at a share of 1 % the betting interval holds the difference where the asymptotic one misses it', () => {
  const plan = { least: 0.01, greatest: 0.01 };
  const wrong = (interval: typeof bettingInterval | null) => (random: Random) => {
    const cells = { canary: [0, 0], champion: [0, 0] };
    for (let key = 1; key <= 60; key++) {
      const arm = random.next() < 0.01 ? 'canary' : 'champion';
      cells[arm][1] = (cells[arm][1] ?? 0) + 1;
      const outcomes = (['canary', 'champion'] as const).map((name) => ({
        share: 0.01,
        arm: name,
        value: 1,
        count: cells[name][1] ?? 0,
      }));
      const { counts, range } = inversePropensityCounts(outcomes, plan);
      if (key % 10 !== 0) continue;
      const { lower, upper } =
        interval === null ? asymptoticMeanInterval(counts, alpha, 100) : interval(counts, range, alpha);
      if (lower > 0 || upper < 0) return key;
    }
    return null;
  };
  expect(watch(100, wrong(bettingInterval)).share).toBeLessThanOrEqual(atMost(alpha, 100));
  expect(watch(100, wrong(null)).share).toBeGreaterThan(0.5);
});
