import { float32Limit } from '../../contracts/data/cell.ts';
import type { Column } from '../../contracts/data/dataset.ts';
import { isWholeType, wholeRanges, type TensorType } from '../../contracts/data/tensor.ts';

export type NumericType = Exclude<TensorType, 'string'>;

/** Whether a tensor of this type can hold a number, rounded where it is of floats. */
export function holds(type: NumericType, value: number): boolean {
  if (!isWholeType(type)) return type === 'float64' || Math.abs(value) < float32Limit;
  const [least, greatest] = wholeRanges[type];
  return Number.isInteger(value) && value >= least && value <= greatest;
}

/** What a column may hold that a numeric input cannot take, and what to do; null where it takes everything. */
export function whatTypeLacks(
  type: NumericType,
  { type: declared, kind, nullable, allowed, min, max }: Column,
): string | null {
  if (declared === 'string') return "the column holds text: let the model take text, or declare the column's type";
  if (!isWholeType(type)) return null;
  if (nullable)
    return 'the column may be null, which whole numbers cannot say: let the model take float32, or declare nullable: false';
  if (declared === 'boolean') return null;
  if (kind === 'categorical' && allowed !== undefined) {
    const odd = allowed.filter((code) => !holds(type, Number(code)));
    return odd.length === 0 ? null : `the column allows ${odd.join(', ')}: let the model take float32`;
  }
  if (declared === 'number')
    return 'the column holds decimals: let the model take float32, or declare the column of type integer';
  const [least, greatest] = wholeRanges[type];
  if (type === 'bool' && (min === undefined || max === undefined || min < least || max > greatest))
    return 'the column holds more than 0 and 1: let the model take float32, or declare min: 0 and max: 1';
  return (min ?? least) < least || (max ?? greatest) > greatest
    ? `the range of the column goes beyond ${least} to ${greatest}: let the model take a wider type, or correct min and max`
    : null;
}
