import { quantileOfSorted } from '../../statistics/quantile.ts';

/** Share of the truths that lie nearer to their median than the cap. */
const within = 0.99;

/**
 * What absolute errors are bounded by where one row must not decide: the 99 % quantile of the distance of the truth from its median, so that a
 * model that always says the median is bounded on 1 % of the rows. 1 where the truth does not vary. Rows are not empty.
 */
export function errorCap(truth: Float64Array): number {
  const median = quantileOfSorted(truth.toSorted(), 0.5);
  const distances = truth.map((value) => Math.abs(value - median)).sort();
  return quantileOfSorted(distances, within) || distances.at(-1) || 1;
}
