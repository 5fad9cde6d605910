import { createRandom } from '../random.ts';
import { binomial } from './binomial.ts';
import { quantileOfSorted } from './quantile.ts';

export interface AccuracyBootstrap {
  /** The true class of each row, and those that were answered. There is at least one row. */
  readonly labels: ArrayLike<number>;
  readonly candidate: ArrayLike<number>;
  readonly champion: ArrayLike<number>;
  readonly resamples: number;
  /** The interval is two-sided at `1 - alpha`. */
  readonly alpha: number;
  readonly seed: number;
}

/**
 * Accuracy of the candidate minus the champion's, in [-1, 1], with the percentile interval of the paired bootstrap.
 * Drawing n rows with replacement only matters by how many rows are drawn that one model alone had right, and these
 * counts are multinomial: they are drawn directly, in O(rows on which the models differ) per resample. The distribution
 * is that of `pairedBootstrap` on accuracy, not an approximation of it. Same seed, same result.
 */
export function accuracyBootstrap(input: AccuracyBootstrap): { estimate: number; lower: number; upper: number } {
  const { labels, candidate, champion, resamples, alpha, seed } = input;
  const rows = labels.length;
  let [better, worse] = [0, 0];
  for (let row = 0; row < rows; row += 1) {
    if (candidate[row] === labels[row] && champion[row] !== labels[row]) better += 1;
    if (candidate[row] !== labels[row] && champion[row] === labels[row]) worse += 1;
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
