import type { Interval } from '../statistics/proportion.ts';
import { logPower, mixtureOf } from './mixture.ts';

/** How often a value came: enough for all that is here, as no order is used. */
export interface ValueCount {
  readonly value: number;
  /** From 0. */
  readonly count: number;
}

/** Where values may lie, declared before the first of them. */
export interface ValueBounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Bets as shares of the largest that cannot go broke, each half of the one before: the first is for values that hardly
 * vary, as of pairs that agree, the least are for ranges far wider than what is looked for, as with inverse shares.
 */
const bets: readonly number[] = Array.from({ length: 12 }, (_, index) => 0.95 / 2 ** index);

/** What a limit at the end of the range is held away from it, so that the largest bet is finite, as a share of the range. */
const leastRoom = 1e-9;

/**
 * e-process against "each value's mean, given those before it, is at most `limit`".
 *
 * The wealth `prod(1 + l (x_i - limit))` of a bet l in [0, 1 / (limit - low)) is a supermartingale then, and so is an
 * even mixture over `shares` of the largest bet: above 1/alpha at any look with a chance of at most alpha (Ville). The
 * bets are fixed, so that the order of the values does not matter. 1 without values, at most e^690; grows with each
 * value. A value left out may be counted as `low`, which never makes the evidence greater than it would be. `limit` is
 * in [low, high], in the values' unit. Throws RangeError for a range that is not finite, and a value or limit outside
 * it. Source: Waudby-Smith and Ramdas 2024, arXiv 2010.09686.
 */
export function meanAboveEvidence(
  counts: readonly ValueCount[],
  range: ValueBounds,
  limit: number,
  shares = bets,
): number {
  checkRange(counts, range, limit);
  return wealth(counts, range, limit, 1, shares);
}

/** e-process against "each value's mean, given those before it, is at least `limit`": `meanAboveEvidence` mirrored. */
export function meanBelowEvidence(
  counts: readonly ValueCount[],
  range: ValueBounds,
  limit: number,
  shares = bets,
): number {
  checkRange(counts, range, limit);
  return wealth(counts, range, limit, -1, shares);
}

/**
 * `meanAboveEvidence` (side 1) or `meanBelowEvidence` (side -1) of values that are known beforehand, for many looks at their counts, in the
 * same order. Errors as there, of the values and the limit.
 */
export function meanTest(
  values: readonly number[],
  range: ValueBounds,
  limit: number,
  side: 1 | -1,
  shares = bets,
): (counts: ArrayLike<number>) => number {
  checkRange(
    values.map((value) => ({ value, count: 0 })),
    range,
    limit,
  );
  const logs = betsOn(range, limit, side, shares).map((bet) =>
    Float64Array.from(values, (value) => Math.log(1 + bet * (value - limit))),
  );
  const sums = new Float64Array(shares.length);
  return (counts) => {
    for (let bet = 0; bet < sums.length; bet++) {
      const gains = logs[bet];
      let sum = 0;
      for (let index = 0; index < counts.length; index++) {
        const count = counts[index] ?? 0;
        if (count !== 0) sum += count * (gains?.[index] ?? 0);
      }
      sums[bet] = sum;
    }
    return mixtureOf(sums);
  };
}

/**
 * Interval of the mean at level `1 - alpha` that holds at all looks together: those means that neither
 * `meanAboveEvidence` nor `meanBelowEvidence` rejects at alpha / 2. Both are monotone in the limit, so that bisection
 * finds the ends, rounded outwards. Values have one mean, given those before them. Without values it is the range around
 * its middle. Errors and source as `meanAboveEvidence`.
 */
export function bettingInterval(counts: readonly ValueCount[], range: ValueBounds, alpha: number): Interval {
  const { low, high } = range;
  checkRange(counts, range, low);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return { estimate: (low + high) / 2, lower: low, upper: high };
  const mean = counts.reduce((sum, { value, count }) => sum + value * count, 0) / total;
  const estimate = Math.min(high, Math.max(low, mean));
  const end = (side: 1 | -1, outside: number): number => {
    let [rejected, kept] = [outside, estimate];
    for (let step = 0; step < 60; step++) {
      const middle = (rejected + kept) / 2;
      if (wealth(counts, range, middle, side, bets) >= 2 / alpha) rejected = middle;
      else kept = middle;
    }
    return rejected;
  };
  return { estimate, lower: end(1, low), upper: end(-1, high) };
}

const wealth = (
  counts: readonly ValueCount[],
  range: ValueBounds,
  limit: number,
  side: 1 | -1,
  shares: readonly number[],
): number =>
  mixtureOf(
    betsOn(range, limit, side, shares).map((bet) =>
      counts.reduce((sum, { value, count }) => sum + logPower(count, 1 + bet * (value - limit)), 0),
    ),
  );

function betsOn({ low, high }: ValueBounds, limit: number, side: 1 | -1, shares: readonly number[]): number[] {
  const room = Math.max(side === 1 ? limit - low : high - limit, leastRoom * (high - low));
  return shares.map((share) => (side * share) / room);
}

function checkRange(counts: readonly ValueCount[], { low, high }: ValueBounds, limit: number): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new RangeError(`a range of [${low}, ${high}]: both ends must be finite and the first below the second`);
  }
  if (!(limit >= low && limit <= high)) throw new RangeError(`a limit of ${limit} outside [${low}, ${high}]`);
  for (const { value, count } of counts) {
    if (!(value >= low && value <= high)) throw new RangeError(`a value of ${value} outside [${low}, ${high}]`);
    if (!(count >= 0)) throw new RangeError(`a count of ${count}: it must be from 0`);
  }
}
