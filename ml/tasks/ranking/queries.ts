import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Outcomes } from '../metric.ts';

/** A query with at least one relevant row, its rows ranked by score. */
export interface RankedQuery {
  /** Its rows, ascending. */
  readonly rows: readonly number[];
  /** The same, by rank. */
  readonly order: readonly number[];
  /** Relevance by rank, highest score first; 0 is irrelevant. */
  readonly grades: Float64Array;
  /** Ends (exclusive) of the runs of equal scores in that order. */
  readonly ends: readonly number[];
}

/** The rows of each query, ascending, in the order of their first rows. O(rows). */
export function queriesOf({ query }: Pick<Outcomes, 'query'>): number[][] {
  if (query === undefined)
    throw new TypeError('outcomes of a ranking without queries: set `query` to the query of each row');
  const rowsByQuery = new Map<number, number[]>();
  for (const [row, of] of query.entries()) {
    const rows = rowsByQuery.get(of);
    if (rows === undefined) rowsByQuery.set(of, [row]);
    else rows.push(row);
  }
  return [...rowsByQuery.values()];
}

/** Whether the rows of some query differ in grade: without, there is no order to learn. */
export const hasOrder = ({ truth, query }: Pick<Outcomes, 'truth' | 'query'>): boolean =>
  queriesOf({ query }).some((rows) => rows.some((row) => truth[row] !== truth[rows[0]!]));

/** Ranks the rows of each query; queries without a relevant row are left out. O(rows log rows). */
export const rankQueries = (outcomes: Outcomes, { answer }: Pick<Predictions, 'answer'>): RankedQuery[] =>
  rankRows(queriesOf(outcomes), outcomes.truth, answer);

/** The same, of queries whose rows are known. */
export function rankRows(
  queries: readonly (readonly number[])[],
  truth: Float64Array,
  answer: Float64Array,
): RankedQuery[] {
  const scoreOf = (row: number | undefined): number => answer[row ?? 0] ?? 0;
  return queries
    .map((rows) => {
      const order = rows.toSorted((a, b) => scoreOf(b) - scoreOf(a));
      const ends = order.flatMap((row, i) =>
        i + 1 === order.length || scoreOf(order[i + 1]) !== scoreOf(row) ? [i + 1] : [],
      );
      return { rows, order, grades: Float64Array.from(order, (row) => truth[row] ?? 0), ends };
    })
    .filter(({ grades }) => grades.some((grade) => grade > 0));
}
