import { shownText } from '../../contracts/shown-text.ts';
import { isQueryName } from './names.ts';
import type { TypedColumn } from './roles.ts';

/** Most that people grade up to. */
const mostGrade = 10;
/** Fewest rows of a query on average: one row alone has no order. */
const rowsOfQuery = 2;

/**
 * How a ranking is chosen, where the target may be grades of rows that compete: small whole numbers beside a column that is named as queries are. Null
 * where nothing says so. What is meant the file does not tell, so that nothing is chosen.
 */
export function rankingHint(target: TypedColumn, columns: readonly TypedColumn[], hasPositive: boolean): string | null {
  const { min, max } = target.facts;
  if (target.type !== 'integer' || min === null || max === null || min < 0 || max > mostGrade) return null;
  const query = columns.find(
    ({ facts }) =>
      facts.name !== target.facts.name &&
      isQueryName(facts.name) &&
      facts.distinct > 1 &&
      facts.distinct * rowsOfQuery <= facts.texts,
  );
  if (query === undefined) return null;
  const name = shownText(query.facts.name, 30);
  return `if rows of one ${name} compete, write task: ranking, query: ${name} and split: { by: group, group: ${name} }${hasPositive ? ', and leave positive out' : ''}`;
}
