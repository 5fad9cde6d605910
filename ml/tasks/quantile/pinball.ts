import type { Predictions } from '../../../contracts/data/frame.ts';

/**
 * The pinball loss (Koenker and Bassett 1978) of a quantile by the truth: `level e` where `e = truth - quantile` is at least 0, else
 * `(level - 1) e`. In the unit of the target, at least 0.
 */
export const pinball = (level: number, quantile: number, truth: number): number => {
  const error = truth - quantile;
  return error >= 0 ? level * error : (level - 1) * error;
};

/** The pinball loss of each row, the mean over the levels; `scores` are the quantiles of the levels, row by row. */
export const pinballLosses = (
  levels: readonly number[],
  truth: Float64Array,
  { scores, width }: Pick<Predictions, 'scores' | 'width'>,
): Float64Array =>
  truth.map((of, row) => {
    let sum = 0;
    for (const [i, level] of levels.entries()) sum += pinball(level, scores[row * width + i]!, of);
    return sum / levels.length;
  });
