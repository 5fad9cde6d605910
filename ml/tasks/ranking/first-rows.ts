import type { Predictions } from '../../../contracts/data/frame.ts';
import { queriesOf } from './queries.ts';
import type { Outcomes } from '../metric.ts';

/** Share of the queries in which both rank the same row first, of equal scores the earlier row; in [0, 1]. 1 where there is no query. */
export function sameFirstRows(outcomes: Outcomes, reference: Predictions, other: Predictions): number {
  const queries = queriesOf(outcomes);
  const firstOf = (rows: readonly number[], { answer }: Predictions): number =>
    rows.reduce((first, row) => (answer[row]! > answer[first]! ? row : first));
  const same = queries.filter((rows) => firstOf(rows, reference) === firstOf(rows, other)).length;
  return queries.length === 0 ? 1 : same / queries.length;
}
