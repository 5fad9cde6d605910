import { createRandom, type Random } from '../random.ts';
import { quantileOfSorted } from './quantile.ts';

export interface AccuracyBootstrap {
  /** 1 is positive. There is at least one row. */
  readonly labels: Uint8Array;
  readonly candidate: Uint8Array;
  readonly champion: Uint8Array;
  readonly resamples: number;
  /** The interval is two-sided at `1 - alpha`. */
  readonly alpha: number;
  readonly seed: number;
}

/**
 * Accuracy of the candidate minus the champion's, in [-1, 1], with the percentile interval of the paired bootstrap. Drawing n
 * rows with replacement only matters by how many rows are drawn that one model alone had right, and these counts are
 * multinomial: they are drawn directly, in O(rows on which the models differ) per resample. The distribution is that of
 * `pairedBootstrap` on accuracy, not an approximation of it. Same seed, same result.
 */
export function accuracyBootstrap(input: AccuracyBootstrap): { estimate: number; lower: number; upper: number } {
  const { labels, candidate, champion, resamples, alpha, seed } = input;
  const rows = labels.length;
  let [better, worse] = [0, 0];
  for (const [row, label] of labels.entries()) {
    if (candidate[row] === champion[row]) continue;
    if (candidate[row] === label) better += 1;
    else worse += 1;
  }
  const random = createRandom(seed);
  const draws = Float64Array.from({ length: resamples }, () => {
    const gained = binomial(random, rows, better / rows);
    const lost = better === rows ? 0 : binomial(random, rows - gained, worse / (rows - better));
    return (gained - lost) / rows;
  }).sort();
  return {
    estimate: (better - worse) / rows,
    lower: quantileOfSorted(draws, alpha / 2),
    upper: quantileOfSorted(draws, 1 - alpha / 2),
  };
}

/** Successes in n trials: jumps from success to success by geometric waiting times (Devroye 1986, X.4.3), O(n p). */
export function binomial(random: Random, n: number, p: number): number {
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  if (p <= 0) return 0;
  const perTrial = Math.log1p(-p);
  let [count, trial] = [0, 0];
  for (;;) {
    trial += Math.floor(Math.log1p(-random.next()) / perTrial) + 1;
    if (trial > n) return count;
    count += 1;
  }
}
