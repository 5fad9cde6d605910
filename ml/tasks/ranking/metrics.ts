import { anyOrder, noOrder } from '../constant.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import type { Metric } from '../metric.ts';
import { ndcgOf } from './ndcg.ts';
import { rankQueries } from './queries.ts';
import type { RankedQuery } from './queries.ts';

/**
 * Average precision of the relevant rows (grade above 0): the mean over them of the share of relevant rows among those
 * with their score or a higher one. In [0, 1], 1 is perfect; rows with equal scores all have the last of their ranks.
 * As scikit-learn's `average_precision_score`.
 */
function averagePrecisionOf({ grades, ends }: RankedQuery): number {
  let [sum, found, start] = [0, 0, 0];
  for (const end of ends) {
    const before = found;
    for (let rank = start; rank < end; rank++) if ((grades[rank] ?? 0) > 0) found += 1;
    sum += (found - before) * (found / end);
    start = end;
  }
  return sum / found;
}

/**
 * One divided by the rank of the first relevant row (grade above 0), ranks from 1. In (0, 1], 1 is perfect. With equal
 * scores the mean over all orders of these rows: of m rows with r relevant ones the first relevant one is the j-th with
 * chance `C(m - j, r - 1) / C(m, r)`.
 */
function reciprocalRankOf({ grades, ends }: RankedQuery): number {
  let start = 0;
  for (const end of ends) {
    const relevant = grades.subarray(start, end).reduce((count, grade) => (grade > 0 ? count + 1 : count), 0);
    if (relevant > 0) return meanReciprocal(start, end - start, relevant);
    start = end;
  }
  return 0;
}

function meanReciprocal(before: number, rows: number, relevant: number): number {
  let [sum, chance] = [0, relevant / rows];
  for (let place = 1; place <= rows - relevant + 1; place++) {
    sum += chance / (before + place);
    chance *= (rows - place - relevant + 1) / (rows - place);
  }
  return sum;
}

/**
 * Mean over the queries, each once computed and then counted with the weight of its first row; O(queries) for a
 * weighting.
 */
const overQueries =
  (of: (query: RankedQuery) => number): Metric['prepare'] =>
  (outcomes, predictions) => {
    const queries = rankQueries(outcomes, predictions);
    return meanOfRows(
      Float64Array.from(queries, of),
      Int32Array.from(queries, ({ rows }) => rows[0]!),
    );
  };

/**
 * Metrics of a ranking: truth is a grade of relevance of at least 0, the answer a score, and `outcomes.query` says
 * which rows compete. Each is the mean over the queries with a relevant row, null where there are none. A query counts
 * as many times as its first row: the bootstrap draws queries, so that all rows of a query have one weight. `ndcg10`
 * counts the first ten ranks.
 */
export const rankingMetrics: readonly Metric[] = [
  { name: 'ndcg', constant: noOrder, prepare: overQueries((query) => ndcgOf(query, Infinity)) },
  { name: 'ndcg10', constant: noOrder, prepare: overQueries((query) => ndcgOf(query, 10)) },
  { name: 'meanAveragePrecision', constant: anyOrder, prepare: overQueries(averagePrecisionOf) },
  { name: 'mrr', constant: noOrder, prepare: overQueries(reciprocalRankOf) },
];
