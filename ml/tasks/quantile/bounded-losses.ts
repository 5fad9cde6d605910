import { pinball } from './pinball.ts';

/**
 * Twice the mean pinball loss of a row's quantiles by the cap, at most 1: of the level .5 alone it is the absolute error by the cap. A quantile
 * that is not a number counts as the greatest loss.
 */
export function boundedPinball(
  levels: readonly number[],
  quantiles: ArrayLike<number>,
  truth: number,
  cap: number,
): number {
  let sum = 0;
  for (const [i, level] of levels.entries()) sum += pinball(level, quantiles[i]!, truth);
  const loss = (2 * sum) / levels.length / cap;
  return loss < 1 ? loss : 1;
}
