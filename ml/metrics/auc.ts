import { ascendingOrder, type AscendingOrder } from '../statistics/ascending-order.ts';

export type Ranking = AscendingOrder;

/** Sorts once what every later AUC over the same scores shares; O(n). */
export const rankScores = (scores: Float64Array): Ranking => ascendingOrder(scores);

/**
 * Area under the ROC curve: the chance that a random positive scores above a random negative, ties counted one half
 * (Mann-Whitney U with midranks, divided by the number of pairs). In [0, 1]; .5 is chance, 1 is perfect separation.
 * `weights` count each row so many times (a bootstrap resample). Null where one class is absent. O(n).
 */
export function aucOf(labels: Uint8Array, ranking: Ranking, weights?: ArrayLike<number>): number | null {
  const { order, ends } = ranking;
  let positives = 0;
  let negatives = 0;
  let twiceWins = 0;
  let start = 0;
  for (let run = 0; run < ends.length; run++) {
    const end = ends[run]!;
    let up = 0;
    let down = 0;
    for (let i = start; i < end; i++) {
      const row = order[i]!;
      const weight = weights === undefined ? 1 : weights[row]!;
      if (labels[row] === 1) up += weight;
      else down += weight;
    }
    twiceWins += up * (2 * negatives + down);
    positives += up;
    negatives += down;
    start = end;
  }
  return positives === 0 || negatives === 0 ? null : twiceWins / (2 * positives * negatives);
}
