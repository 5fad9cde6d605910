import type { RankedQuery } from './queries.ts';

/** What a row at a rank counts, ranks from 0: `1 / log2(rank + 2)`, and 0 from rank `most` on. */
export const discount = (rank: number, most: number): number => (rank < most ? 1 / Math.log2(rank + 2) : 0);

/**
 * Discounted cumulative gain of the first `most` ranks (Järvelin and Kekäläinen 2002) divided by that of the best
 * order: `sum grade / log2(1 + rank)`, ranks from 1, the gain being the grade itself. Rows with equal scores share the
 * mean of their grades. In [0, 1], 1 is perfect. As scikit-learn's `ndcg_score`, which says 0 where no row is relevant
 * and refuses a query of one row.
 */
export function ndcgOf({ grades, ends }: Pick<RankedQuery, 'grades' | 'ends'>, most: number): number {
  let [gain, start] = [0, 0];
  for (const end of ends) {
    let [sum, discounts] = [0, 0];
    for (let rank = start; rank < end; rank++) {
      sum += grades[rank] ?? 0;
      discounts += discount(rank, most);
    }
    gain += (sum / (end - start)) * discounts;
    start = end;
  }
  return Math.min(1, gain / bestGain(grades, most));
}

/** The discounted cumulative gain of the best order of rows with these grades. */
export const bestGain = (grades: Float64Array, most: number): number =>
  grades
    .toSorted()
    .reverse()
    .reduce((sum, grade, rank) => sum + grade * discount(rank, most), 0);
