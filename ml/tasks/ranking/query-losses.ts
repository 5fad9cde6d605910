import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Outcomes } from '../metric.ts';
import type { LearnedLosses } from '../task.ts';
import { ndcgOf } from './ndcg.ts';
import { rankQueries } from './queries.ts';

/** 1 less the NDCG of each query that has a relevant row, in [0, 1], in the order of their first rows. */
export const queryLosses = (outcomes: Outcomes, predictions: Predictions): Float64Array =>
  Float64Array.from(rankQueries(outcomes, predictions), (query) => 1 - ndcgOf(query, Infinity));

/**
 * What rankers are compared by: the same losses, each with the weight of its query's first row. A query with a score that is not finite has no loss
 * (NaN).
 */
export function learnedQueryLosses(outcomes: Outcomes, predictions: Predictions): LearnedLosses {
  const { weights } = outcomes;
  const { answer } = predictions;
  const queries = rankQueries(outcomes, predictions);
  return {
    losses: Float64Array.from(queries, (query) =>
      query.rows.every((row) => Number.isFinite(answer[row]!)) ? 1 - ndcgOf(query, Infinity) : Number.NaN,
    ),
    weights: weights === undefined ? null : Float64Array.from(queries, ({ rows }) => weights[rows[0]!]!),
  };
}

/** For each row the loss of its query; 0 where the query has no relevant row. */
export function lossesOfRows(outcomes: Outcomes, predictions: Predictions): Float64Array {
  const losses = new Float64Array(outcomes.truth.length);
  for (const query of rankQueries(outcomes, predictions)) {
    const loss = 1 - ndcgOf(query, Infinity);
    for (const row of query.rows) losses[row] = loss;
  }
  return losses;
}
