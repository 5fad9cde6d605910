import { codeOf, readNumeral, type CellRule } from './cell.ts';
import type { Column } from './dataset.ts';

/** What a definition says of the values of a column beyond their type. */
export interface ColumnLimits {
  readonly rule: CellRule;
  /** Codes that are known; null where any is. */
  readonly codes: ReadonlySet<string> | null;
  /** Inclusive range of numbers; infinite where an end is open. */
  readonly min: number;
  readonly max: number;
}

/** A value that training was not to see: of an unknown category, or outside the range. */
export type Oddity = 'unknown' | 'outside';

/** `trained` are the codes that training took in, which hold the allowed ones. Null where nothing sets limits. */
export function limitsOf(column: Column, trained?: readonly string[]): ColumnLimits | null {
  const { kind, allowed, min = -Infinity, max = Infinity } = column;
  const known = trained ?? allowed?.map((code) => codeOf(code, column));
  const codes = known === undefined || kind !== 'categorical' ? null : known;
  if (codes === null && min === -Infinity && max === Infinity) return null;
  return { rule: column, codes: codes === null ? null : new Set(codes), min, max };
}

/**
 * What is odd about a value that a model was given; null where nothing is, or where it is missing. A value of float32 is compared with the
 * bounds as float32 has them: 0.1 is not above a maximum of 0.1.
 */
export function oddityOf(value: string | number | bigint, limits: ColumnLimits, isFloat32 = false): Oddity | null {
  const { rule, codes, min, max } = limits;
  if (value === '' || value !== value) return null;
  if (codes !== null) {
    const code = typeof value === 'string' ? value : codeOf(codeCell(value, rule), rule);
    return codes.has(code) ? null : 'unknown';
  }
  const number = typeof value === 'string' ? (readNumeral(value) ?? Number.NaN) : Number(value);
  const [low, high] = isFloat32 ? [Math.fround(min), Math.fround(max)] : [min, max];
  return number < low || number > high ? 'outside' : null;
}

const codeCell = (value: number | bigint, { type }: CellRule): number | bigint =>
  type === 'boolean' ? Number(value) : value;
