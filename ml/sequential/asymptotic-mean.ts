import type { Interval } from '../statistics/proportion.ts';
import type { ValueCount } from './bounded-mean.ts';

/** An interval whose level holds in the limit only: it may warn, and neither roll back nor promote. */
export interface ApproximateInterval extends Interval {
  readonly approximate: true;
}

/**
 * Asymptotic confidence sequence of the mean, at this moment, for values without a known range:
 * `mean -+ s sqrt(2 (t r^2 + 1) / (t^2 r^2) log(sqrt(t r^2 + 1) / alpha))` for t values of deviation s, narrowest around
 * `best` values by `r^2 = (2 log(1 / alpha) + log(1 + 2 log(1 / alpha))) / best`.
 *
 * Holds only as t grows: at a share of 1 % inverse-propensity values missed by it were up to 89 %, since their deviation
 * is not seen until a rare arm's outcome comes. Infinite below two values. Order-free; unit of the values. Source:
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, arXiv 2103.06476.
 */
export function asymptoticMeanInterval(
  counts: readonly ValueCount[],
  alpha: number,
  best: number,
): ApproximateInterval {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const estimate = total === 0 ? 0 : counts.reduce((sum, { value, count }) => sum + value * count, 0) / total;
  if (total < 2) return { approximate: true, estimate, lower: -Infinity, upper: Infinity };
  const squares = counts.reduce((sum, { value, count }) => sum + count * (value - estimate) ** 2, 0);
  const log = 2 * Math.log(1 / alpha);
  const tuned = (total * (log + Math.log(1 + log))) / best;
  const radius = Math.sqrt((squares / total) * ((tuned + 1) / tuned) * ((Math.log(tuned + 1) + log) / total));
  return { approximate: true, estimate, lower: estimate - radius, upper: estimate + radius };
}
