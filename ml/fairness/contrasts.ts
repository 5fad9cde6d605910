import type { Random } from '../random.ts';
import { normalQuantile } from '../statistics/normal.ts';
import { scoreInterval } from '../statistics/proportion.ts';
import { quantileOfSorted } from '../statistics/quantile.ts';
import type { Rate } from './rates.ts';

export interface Gap {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Simultaneous {
  readonly alpha: number;
  /** Draws that the critical value comes from. */
  readonly resamples: number;
  readonly random: Random;
}

/** Standard errors with half an event added on each side, so that a rate of 0 or 1 has one too. */
const shrunk = ({ events, trials }: Rate): number => (events + 0.5) / (trials + 1);
const deviation = (rate: Rate): number => Math.sqrt((shrunk(rate) * (1 - shrunk(rate))) / rate.trials);
const logDeviation = (rate: Rate): number => Math.sqrt((1 - shrunk(rate)) / (shrunk(rate) * rate.trials));

/**
 * How many standard errors the intervals of all pairwise contrasts must reach to hold at once with chance `1 - alpha`:
 * the quantile of the largest studentized contrast of independent normals with these deviations, over families that are
 * judged together (Hothorn, Bretz and Westfall 2008, by simulation). At least the single interval's.
 */
function criticalValue(families: readonly (readonly number[])[], { alpha, resamples, random }: Simultaneous): number {
  const largest = new Float64Array(resamples);
  for (let draw = 0; draw < resamples; draw++) {
    let most = 0;
    for (const deviations of families) {
      const noise = deviations.map((s) => s * random.normal());
      forPairs(deviations, (a, b, i, j) => {
        const error = Math.hypot(a, b);
        if (error > 0) most = Math.max(most, Math.abs((noise[i] ?? 0) - (noise[j] ?? 0)) / error);
      });
    }
    largest[draw] = most;
  }
  return Math.max(quantileOfSorted(largest.sort(), 1 - alpha), normalQuantile(1 - alpha / 2));
}

function forPairs<T>(items: readonly T[], visit: (a: T, b: T, i: number, j: number) => void): void {
  items.forEach((a, i) => {
    for (let j = i + 1; j < items.length; j++) visit(a, items[j] as T, i, j);
  });
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** The interval of |x| for x in [lower, upper]. */
const magnitude = (lower: number, upper: number): { lower: number; upper: number } => ({
  lower: Math.max(0, lower, -upper),
  upper: Math.max(upper, -lower),
});

/** Newcombe's interval of a difference of two independent proportions, from score intervals at `z`. */
function difference(a: Rate, b: Rate, z: number): { lower: number; upper: number } {
  const [p, q] = [scoreInterval(a.events, a.trials, z), scoreInterval(b.events, b.trials, z)];
  const estimate = p.estimate - q.estimate;
  return magnitude(
    estimate - Math.hypot(p.estimate - p.lower, q.upper - q.estimate),
    estimate + Math.hypot(p.upper - p.estimate, q.estimate - q.lower),
  );
}

/**
 * Largest gap between groups (max - min), over one family of rates or the larger of several, in [0, 1], 0 is parity. Its
 * interval: all pairwise contrasts hold at once, so the gap is at least the largest lower bound and at most the largest
 * upper bound. (A bootstrap of the maximum itself would be biased upward.) Null with fewer than two groups in a family.
 */
export function largestGap(families: readonly (readonly Rate[])[], simultaneous: Simultaneous): Gap | null {
  if (families.some((rates) => rates.length < 2)) return null;
  const z = criticalValue(
    families.map((rates) => rates.map(deviation)),
    simultaneous,
  );
  let [lower, upper] = [0, 0];
  for (const rates of families) {
    forPairs(rates, (a, b) => {
      const interval = difference(a, b, z);
      lower = Math.max(lower, interval.lower);
      upper = Math.max(upper, interval.upper);
    });
  }
  const estimate = Math.max(...families.map((rates) => spread(rates.map(({ events, trials }) => events / trials))));
  return { estimate, lower, upper: Math.min(1, upper) };
}

/** A mean of a group, and its standard error. */
export interface GroupMean {
  readonly mean: number;
  readonly error: number;
}

/**
 * Largest gap between the means of groups, from 0, which is parity, in their unit; intervals as for the gap of rates, with normal intervals of
 * each contrast. Null with fewer than two groups.
 */
export function largestMeanGap(means: readonly GroupMean[], simultaneous: Simultaneous): Gap | null {
  if (means.length < 2) return null;
  const z = criticalValue([means.map(({ error }) => error)], simultaneous);
  let [lower, upper] = [0, 0];
  forPairs(means, (a, b) => {
    const half = z * Math.hypot(a.error, b.error);
    const interval = magnitude(a.mean - b.mean - half, a.mean - b.mean + half);
    lower = Math.max(lower, interval.lower);
    upper = Math.max(upper, interval.upper);
  });
  return { estimate: spread(means.map(({ mean }) => mean)), lower, upper };
}

/**
 * Smallest rate divided by the largest, in [0, 1], 1 is parity; intervals as for the gap, on the log scale (Katz), half
 * an event added. Null with fewer than two groups or where every rate is 0.
 */
export function smallestRateRatio(rates: readonly Rate[], simultaneous: Simultaneous): Gap | null {
  const values = rates.map(({ events, trials }) => events / trials);
  if (rates.length < 2 || Math.max(...values) === 0) return null;
  const z = criticalValue([rates.map(logDeviation)], simultaneous);
  let [lower, upper] = [0, 0];
  forPairs(rates, (a, b) => {
    const estimate = Math.log(shrunk(a) / shrunk(b));
    const half = z * Math.hypot(logDeviation(a), logDeviation(b));
    const interval = magnitude(estimate - half, estimate + half);
    lower = Math.max(lower, interval.lower);
    upper = Math.max(upper, interval.upper);
  });
  const estimate = Math.min(...values) / Math.max(...values);
  return { estimate, lower: Math.min(estimate, Math.exp(-upper)), upper: Math.max(estimate, Math.exp(-lower)) };
}
