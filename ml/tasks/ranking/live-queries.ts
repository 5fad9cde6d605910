import { rankQueries, type RankedQuery } from './queries.ts';

/**
 * Ranks live rows by their scores: one whose grade did not come (not a number) is not relevant, and one whose score is not a number is last. Queries
 * without a relevant row are left out.
 */
export function rankLive(rows: {
  readonly query: Int32Array;
  readonly grades: Float64Array;
  readonly scores: Float64Array;
}): RankedQuery[] {
  const truth = rows.grades.map((grade) => (Number.isNaN(grade) ? 0 : grade));
  const answer = rows.scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  return rankQueries({ truth, query: rows.query }, { answer });
}
