import { normalCdf, normalQuantile } from '../statistics/normal.ts';

/**
 * Ratio of the rates of answers slower than the champion's quantile `level` (in (0, 1), .99 for its p99) when all of the
 * canary's latencies are `factor` times as long: `P(X > q / factor) / P(X > q)` for log-normal latencies whose logarithm has
 * the standard deviation `spread`. 1 for a factor of 1; about 6.5 for 1.5 at p99 and a spread of .5.
 */
export const slowRatio = (factor: number, spread: number, level = 0.99): number =>
  normalCdf(Math.log(factor) / spread - normalQuantile(level)) / (1 - level);
