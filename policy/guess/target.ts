import { codeOf, readNumeral } from '../../contracts/data/cell.ts';
import type { TaskName } from '../../contracts/model/tasks/names.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { percent } from '../check.ts';
import type { TypedColumn } from './roles.ts';

export interface TargetGuess {
  readonly task: TaskName;
  readonly why: string;
  /** Codes of the labels, the rarest last; null where labels are numbers. */
  readonly labels: readonly { readonly code: string; readonly rows: number }[] | null;
  /** Of a binary task. */
  readonly positive: { readonly value: string | number | boolean; readonly why: string } | null;
}

const mostClasses = 20;
/** Fewest rows of a class on average, below which texts are ids. */
const rowsOfClass = 5;
const yes = new Set(['1', 'true', 'yes', 'y', 't', 'positive', 'ja', 'oui', 'si', 'sí', 'sim', 'tak', 'kyllä']);

/** What the values of the target say of the task. Throws `InvalidDataError` for a target that nothing can be learned from. */
export function guessTarget(column: TypedColumn): TargetGuess {
  const { facts, type, oddCells } = column;
  const refused = (why: string): PawlError =>
    new PawlError(errorTypes.invalidData, `the target ${JSON.stringify(facts.name)} ${why}`, { target: facts.name });
  if (type === 'timestamp') throw refused('is a time: name a column of classes or numbers');
  const labels = labelsOf(column);
  const few = facts.distinct <= facts.top.length;
  if (few && labels.length < 2)
    throw refused(`has ${labels.length === 0 ? 'no value' : 'one value'}: name a column with two or more`);
  // An infinite number cannot be a class, however few the values are.
  const isOdd = facts.odd.some((cell) => readNumeral(cell) !== null) || !few || labels.length > mostClasses;
  if (oddCells !== null && isOdd)
    throw refused(`has numbers, but ${oddCells}: correct these cells, or leave them empty, as rows without a label`);
  if (few && labels.length === 2 && type !== 'number')
    return { task: 'binary', why: 'the target has two values', labels, positive: positiveOf(labels, type) };
  if (type === 'integer' || type === 'number')
    return { task: 'regression', why: `the target is a number${oddRow(labels, few)}`, labels: null, positive: null };
  if (!few || labels.length > mostClasses) throw refused(manyTexts(column, few ? labels.length : facts.distinct));
  const why = `the target has ${labels.length} texts${oddCells === null ? '' : `; ${oddCells}`}`;
  return { task: 'multiclass', why, labels, positive: null };
}

/** A total below the rows makes numbers of two labels. */
function oddRow(labels: readonly { readonly code: string; readonly rows: number }[], few: boolean): string {
  const [first, second, other] = labels;
  if (!few || labels.length !== 3 || other?.rows !== 1 || (second?.rows ?? 0) < rowsOfClass) return '';
  return `; one row alone has ${other.code}, and all others ${first?.code} or ${second?.code}: if it is not a label but, for example, a total, take the row out`;
}

/** What to do about a target of more texts than a model is proposed for. */
function manyTexts({ facts, doubt }: TypedColumn, count: number): string {
  const found = `has ${count} different texts, and a model is proposed for at most ${mostClasses}`;
  if (doubt !== null) return `${found}: ${doubt}`;
  const most = facts.top.slice(0, mostClasses - 1).reduce((sum, { rows }) => sum + rows, 0);
  if (facts.distinct * rowsOfClass > facts.texts)
    return `${found}: they are ids or free text, so name a column of classes or numbers`;
  return `${found}: write one text, such as "other", for all but the ${mostClasses - 1} most frequent (they are ${percent(most / facts.texts)} of the labels), name another column, or write dataset.yaml and the model by hand, with all labels as "allowed" and their least share in data.labelBalance`;
}

/** Codes as the table engine reads them, so that 1 and 1.0 are one label. */
function labelsOf({ facts, type, missing }: TypedColumn): { code: string; rows: number }[] {
  const rows = new Map<string, number>();
  for (const { value, rows: count } of facts.top) {
    const code = codeOf(value, { type, missing });
    if (code !== '') rows.set(code, (rows.get(code) ?? 0) + count);
  }
  return [...rows]
    .map(([code, rows]) => ({ code, rows }))
    .toSorted((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1));
}

function positiveOf(
  labels: readonly { readonly code: string; readonly rows: number }[],
  type: TypedColumn['type'],
): TargetGuess['positive'] {
  // 1 beside 2 is the first of two codes; it says yes beside 0 or -1.
  const saysYes = (code: string): boolean =>
    yes.has(code) && (code !== '1' || labels.some((other) => other.code === '0' || other.code === '-1'));
  const named = labels.filter(({ code }) => saysYes(code.toLowerCase()));
  const code = (named.length === 1 ? named[0] : labels.at(-1))?.code ?? '';
  const value = type === 'integer' ? Number(code) : type === 'boolean' ? code === 'true' : code;
  return { value, why: named.length === 1 ? 'it says yes' : 'it is the rarer label' };
}
