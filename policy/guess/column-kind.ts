import type { Column } from '../../contracts/data/dataset.ts';
import { taskRules } from '../../contracts/model/task.ts';
import type { TaskName } from '../../contracts/model/tasks/names.ts';
import { isCodeName, isIdName, isQueryName, isTimeName } from './names.ts';
import { numbersRows, type TypedColumn } from './roles.ts';

export interface KindGuess {
  readonly kind: Extract<Column['kind'], 'numeric' | 'categorical' | 'carried'>;
  readonly why: string;
}

/** Most codes of a category, and fewest rows of a code on average. */
const mostCodes = 100;
const rowsOfCode = 5;
/** A column of fewer rows a text tells the target by chance. */
const rowsOfLeak = 10;
const sureCorrelation = 0.9999;

const carried = (why: string): KindGuess => ({ kind: 'carried', why });

/** What a column that is neither key, time nor target is for. */
export function guessKind(column: TypedColumn, task: TaskName): KindGuess {
  const { facts, type, doubt } = column;
  const leak = leakOf(column, task);
  if (taskRules[task].outputs.includes(facts.name))
    return carried('a model that is trained here has an output of that name: rename the column, to train on it');
  if (facts.distinct <= 1) return carried('every value is the same: it says nothing');
  if (leak !== null) return carried(`${leak}: it is probably known only after the label`);
  if (type === 'timestamp') return carried('a model takes no times');
  if (doubt !== null) return carried(doubt);
  if (numbersRows(column)) return carried('it numbers the rows');
  const isNumber = type === 'integer' || type === 'number';
  if (type === 'integer' && facts.compactDays > 0 && facts.compactDays === facts.filled)
    return carried('its numbers are days such as 20220131: write them in ISO 8601 (2022-01-31), to split by time');
  if (type === 'integer' && compactMoments(column))
    return carried('its numbers may be times such as 20220131235959: write them in ISO 8601, to split by time');
  if (isNumber && isTimeName(facts.name) && secondsSince1970(column))
    return carried('it may count seconds or milliseconds since 1970: write its times in ISO 8601, to split by time');
  if (isNumber)
    return isCodeName(facts.name) && type === 'integer'
      ? carried('its name is that of an id or a code')
      : { kind: 'numeric', why: range(column) };
  // A new session has a code that training did not see.
  if (isQueryName(facts.name) && isIdName(facts.name)) return carried('its name is that of an id');
  if (type === 'boolean') return { kind: 'categorical', why: 'true and false' };
  if (facts.distinct > mostCodes || facts.distinct * rowsOfCode > facts.texts)
    return carried(`${facts.distinct} different texts in ${facts.texts} rows are ids or free text`);
  const shown = facts.top.slice(0, 4).map(({ value }) => JSON.stringify(value.slice(0, 30)));
  return {
    kind: 'categorical',
    why: `${facts.distinct} codes: ${shown.join(', ')}${facts.distinct > shown.length ? ', ...' : ''}`,
  };
}

/** Whether all may be a year, month, day, hour, minute and second in 14 digits, from 1970 to 2099. */
const compactMoments = ({ min, max }: TypedColumn): boolean =>
  (min ?? 0) >= 19_700_101_000_000 && (max ?? Infinity) <= 20_991_231_235_959;

/** Whether all are times from 2001 to 2065, in seconds or milliseconds. */
export const secondsSince1970 = ({ min, max }: TypedColumn): boolean =>
  [1, 1_000].some((unit) => (min ?? 0) >= 1e9 * unit && (max ?? Infinity) <= 3e9 * unit);

const range = ({ min, max, facts }: TypedColumn): string =>
  min === null || max === null ? `${facts.distinct} different values` : `from ${min} to ${max}`;

/** How a column tells the label; null where it does not. */
function leakOf({ facts: { target } }: TypedColumn, task: TaskName): string | null {
  if (target.rows === 0) return null;
  if (target.same === target.rows) return 'it equals the target';
  if (task === 'regression')
    return target.correlation !== null && Math.abs(target.correlation) >= sureCorrelation
      ? 'it rises and falls with the target'
      : null;
  const tells = target.pairs === target.texts && target.texts > 1 && target.texts * rowsOfLeak <= target.rows;
  return tells ? 'each of its values has one label only' : null;
}
