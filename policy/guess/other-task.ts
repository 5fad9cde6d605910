import { shownText } from '../../contracts/shown-text.ts';
import { isQueryName } from './names.ts';
import type { TypedColumn } from './roles.ts';
import type { TargetGuess } from './target.ts';

/** Most that people grade up to. */
const mostGrade = 10;
/** Fewest rows of a query on average: one row alone has no order. */
const rowsOfQuery = 2;

/** How another task is chosen that small whole numbers allow too; null where none does. What is meant the file does not tell. */
export function otherTask(target: TypedColumn, columns: readonly TypedColumn[], guess: TargetGuess): string | null {
  const { min, max } = target.facts;
  if (target.type !== 'integer' || min === null || max === null || min < 0 || max > mostGrade) return null;
  return ranking(target, columns, guess) ?? (guess.task === 'regression' ? classes(target) : null);
}

function classes({ facts }: TypedColumn): string | null {
  const codes = facts.top.map(({ value }) => Number(value)).toSorted((a, b) => a - b);
  if (codes.length < 3 || codes.length < facts.distinct) return null;
  return `if its values are classes, write task: multiclass here, and allowed: [${[...new Set(codes)].map((code) => `'${code}'`).join(', ')}] of ${shownText(facts.name, 30)} in dataset.yaml`;
}

/** A ranking has a column that is named as queries are, with several rows of each value. */
function ranking(target: TypedColumn, columns: readonly TypedColumn[], { positive }: TargetGuess): string | null {
  const query = columns.find(
    ({ facts }) =>
      facts.name !== target.facts.name &&
      isQueryName(facts.name) &&
      facts.distinct > 1 &&
      facts.distinct * rowsOfQuery <= facts.texts,
  );
  if (query === undefined) return null;
  const name = shownText(query.facts.name, 30);
  return `if rows of one ${name} compete, write task: ranking, query: ${name} and split: { by: group, group: ${name} }${positive === null ? '' : ', and leave positive out'}`;
}
