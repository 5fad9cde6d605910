import { expect, test } from 'vitest';
import { fisherExactGreater } from '../../ml/statistics/fisher-exact.ts';

/** Chances of as many events or more by whole numbers: the ways to choose. */
function byCounting(one: readonly [number, number], other: readonly [number, number]): number {
  const choose = (n: number, k: number): bigint => {
    let ways = 1n;
    for (let i = 0; i < k; i++) ways = (ways * BigInt(n - i)) / BigInt(i + 1);
    return k > n ? 0n : ways;
  };
  const events = one[0] + other[0];
  let ways = 0n;
  for (let count = one[0]; count <= Math.min(events, one[1]); count++)
    ways += choose(one[1], count) * choose(other[1], events - count);
  return Number((ways * 10n ** 18n) / choose(one[1] + other[1], events)) / 1e18;
}

test.each<[readonly [number, number], readonly [number, number]]>([
  [
    [3, 4],
    [1, 4],
  ],
  [
    [8, 10],
    [1, 12],
  ],
  [
    [0, 5],
    [3, 5],
  ],
  [
    [5, 5],
    [5, 5],
  ],
  [
    [2, 30],
    [9, 40],
  ],
  [
    [12, 100],
    [1, 900],
  ],
  [
    [40, 300],
    [60, 500],
  ],
])('the exact test of %j against %j is as counting says', (one, other) => {
  const found = fisherExactGreater({ events: one[0], trials: one[1] }, { events: other[0], trials: other[1] });
  expect(found).toBeCloseTo(byCounting(one, other), 11);
});

test('the lady who names three of four cups has seventeen chances of seventy', () => {
  expect(fisherExactGreater({ events: 3, trials: 4 }, { events: 1, trials: 4 })).toBeCloseTo(17 / 70, 12);
});

test('far tails keep their digits, and nothing says nothing', () => {
  const far = fisherExactGreater({ events: 100, trials: 1000 }, { events: 0, trials: 9000 });
  expect(Math.log10(far)).toBeCloseTo(Math.log10(byLogs()), 6);
  expect(fisherExactGreater({ events: 0, trials: 0 }, { events: 4, trials: 9 })).toBe(1);
  expect(fisherExactGreater({ events: 0, trials: 9 }, { events: 0, trials: 9 })).toBe(1);
});

/** The one way in which all 100 events of 10,000 trials fall on the same 1,000. */
function byLogs(): number {
  let chance = 1;
  for (let event = 0; event < 100; event++) chance *= (1000 - event) / (10_000 - event);
  return chance;
}
