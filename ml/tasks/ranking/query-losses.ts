import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Outcomes } from '../metric.ts';
import { ndcgOf } from './ndcg.ts';
import { rankQueries } from './queries.ts';

/** 1 less the NDCG of each query that has a relevant row, in [0, 1], in the order of their first rows. */
export const queryLosses = (outcomes: Outcomes, predictions: Predictions): Float64Array =>
  Float64Array.from(rankQueries(outcomes, predictions), (query) => 1 - ndcgOf(query, Infinity));

/** For each row the loss of its query; 0 where the query has no relevant row. */
export function lossesOfRows(outcomes: Outcomes, predictions: Predictions): Float64Array {
  const losses = new Float64Array(outcomes.truth.length);
  for (const query of rankQueries(outcomes, predictions)) {
    const loss = 1 - ndcgOf(query, Infinity);
    for (const row of query.rows) losses[row] = loss;
  }
  return losses;
}
