import { createRandom } from '../random.ts';
import { quantileOfSorted } from './quantile.ts';

/**
 * The mean of values of rows with its percentile interval: rows are drawn with replacement (Efron and Tibshirani 1993). Two-sided at `1 - alpha`.
 * There is at least one row. Same seed, same result. O(rows) per resample.
 */
export function meanBootstrap(
  values: Float64Array,
  { resamples, alpha, seed }: { readonly resamples: number; readonly alpha: number; readonly seed: number },
): { estimate: number; lower: number; upper: number } {
  const rows = values.length;
  const random = createRandom(seed);
  const draws = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < rows; i += 1) sum += values[random.integer(rows)]!;
    return sum / rows;
  }).sort();
  return {
    estimate: values.reduce((sum, value) => sum + value, 0) / rows,
    lower: quantileOfSorted(draws, alpha / 2),
    upper: quantileOfSorted(draws, 1 - alpha / 2),
  };
}
