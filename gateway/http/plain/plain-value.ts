import { codeOf, isOfType, numberOfCell, type CellRule } from '../../../contracts/data/cell.ts';
import { shownText } from '../../../contracts/shown-text.ts';
import { badRequest, type HttpError } from '../../call/http-error.ts';
import type { Datatype, Scalar } from '../../call/infer-request.ts';
import { unreadable } from '../../protocol/read-column.ts';

export const isBeyondDoubles = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);

export const inexact = (column: string): HttpError =>
  badRequest(`${column} is a whole number beyond 2^53, which JSON does not keep: send it as text`);

/** Throws `HttpError` 400. */
export function scalarOf(
  value: unknown,
  datatype: Datatype,
  rule: CellRule | null,
  name: string,
  row: number,
  where: (row: number) => string,
): Scalar {
  const isCell = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const code = rule !== null && isCell ? codeOf(value, rule) : null;
  const missing = value === null || value === undefined || code === '';
  const column = (): string => `${where(row)}: "${name}"`;
  if (rule !== null && isCell && code !== null && !missing && !isOfType(code, rule.type))
    throw unreadable(name, value, rule, ` in ${where(row)}`);
  if (datatype === 'BYTES') {
    if (missing) return '';
    if (typeof value === 'string') return value;
    if (isBeyondDoubles(value)) throw inexact(column());
    if (typeof value === 'number' || typeof value === 'boolean') return codeOf(value, rule ?? { type: 'string' });
    throw badRequest(`${column()} is ${shownValue(value)} where the model takes text`);
  }
  if (missing) {
    if (datatype.startsWith('FP')) return null;
    throw badRequest(`${column()} is missing, and ${datatype} has no missing value`);
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw badRequest(`${column()} is larger than any number that a double holds: send a smaller one, or null`);
  if (isCell && rule === null && typeof value !== 'string') return value;
  const number = isCell ? numberOfCell(value, rule ?? { type: 'number' }) : null;
  if (number !== null && !Number.isNaN(number)) return number;
  throw badRequest(`${column()} is ${shownValue(value)} where the model takes a number`);
}

function shownValue(value: unknown): string {
  if (typeof value === 'string') return `"${shownText(value, 60)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}
