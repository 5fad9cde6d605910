import type { ColumnFacts } from '../../contracts/data/file-facts.ts';
import type { TypeGuess } from './column-type.ts';
import { idRank, isBirthName, isIdName, timeRank } from './names.ts';

export interface TypedColumn extends TypeGuess {
  readonly facts: ColumnFacts;
}

export interface Role {
  readonly name: string;
  /** Left out where a person named it. */
  readonly why?: string;
}

const quoted = (name: string): string => JSON.stringify(name);

/** Whether each row has a value of its own. */
const isUnique = ({ facts: { rows, texts, filled, distinct }, type }: TypedColumn): boolean =>
  distinct === rows && texts === rows && (type === 'string' || filled === rows);

/** Whether a column counts the rows from any number on. */
export const numbersRows = (column: TypedColumn): boolean => {
  const { min, max } = column;
  const { rows } = column.facts;
  return column.type === 'integer' && isUnique(column) && min !== null && max !== null && max - min === rows - 1;
};

/** The column that tells one row from another; null where there is none. */
export function guessKey(columns: readonly TypedColumn[]): Role | null {
  const unique = columns.filter(
    (column) => (column.type === 'integer' || column.type === 'string') && isUnique(column),
  );
  const [named] = unique
    .filter(({ facts }) => isIdName(facts.name))
    .toSorted((a, b) => idRank(a.facts.name) - idRank(b.facts.name));
  if (named !== undefined)
    return { name: named.facts.name, why: 'no value is missing or occurs twice, and it is named as keys are' };
  const [only] = unique.filter((column) => column.type === 'string' || numbersRows(column));
  return only === undefined ? null : { name: only.facts.name, why: 'no value is missing or occurs twice' };
}

/** Why a column that a person names as the key is none; null where it may be. */
export function keyFault({ facts, type, absent }: TypedColumn): string | null {
  const { name, texts, distinct } = facts;
  if (absent > 0) return `${absent} rows have no ${quoted(name)}: name a key that each row has`;
  if (type !== 'integer' && type !== 'string')
    return `${quoted(name)} is of type ${type}: name a key of whole numbers or texts`;
  return distinct < texts
    ? `${texts - distinct} rows repeat the ${quoted(name)} of another row: name another key, or none, and rows get numbers`
    : null;
}

/** The time of a row; null where no column has one in every row. */
export function guessTimeColumn(columns: readonly TypedColumn[]): Role | null {
  const times = columns.filter(
    ({ type, absent, facts }) => type === 'timestamp' && absent === 0 && facts.distinct > 1 && !isBirthName(facts.name),
  );
  const [first, ...others] = times.toSorted((a, b) => timeRank(a.facts.name) - timeRank(b.facts.name));
  if (first === undefined) return null;
  const why =
    others.length === 0
      ? 'it is the one column with a time in every row'
      : `times are also in ${others.map(({ facts }) => quoted(facts.name)).join(', ')}: choose with --time`;
  return { name: first.facts.name, why };
}

/** Why a column that a person names as the time is none; null where it may be. */
export function timeFault({ facts, type, absent, doubt }: TypedColumn): string | null {
  if (type !== 'timestamp')
    return `not every ${quoted(facts.name)} is a time${doubt === null ? ': correct the file, or name another column' : `: ${doubt}`}`;
  return absent > 0 ? `${absent} rows have no ${quoted(facts.name)}: fill them in, or name another time` : null;
}
