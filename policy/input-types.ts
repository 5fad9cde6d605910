import { float32Limit } from '../contracts/cell.ts';
import type { Column } from '../contracts/dataset.ts';
import type { TensorType } from '../contracts/tensor.ts';

export type NumericType = Exclude<TensorType, 'string'>;

const wholeRanges: Readonly<Partial<Record<NumericType, readonly [number, number]>>> = {
  bool: [0, 1],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint64: [0, 2 ** 64],
};

/** Whether a tensor of this type can hold a number, rounded where it is of floats. */
export function holds(type: NumericType, value: number): boolean {
  const range = wholeRanges[type];
  if (range === undefined) return type === 'float64' || Math.abs(value) < float32Limit;
  return Number.isInteger(value) && value >= range[0] && value <= range[1];
}

/** What a column may hold that a numeric input cannot take, and what to do; null where it takes everything. */
export function whatTypeLacks(
  type: NumericType,
  { type: declared, kind, nullable, allowed, min, max }: Column,
): string | null {
  if (declared === 'string') return "the column holds text: let the model take text, or declare the column's type";
  const range = wholeRanges[type];
  if (range === undefined) return null;
  if (nullable)
    return 'the column may be null, which whole numbers cannot say: let the model take float32, or declare nullable: false';
  if (declared === 'boolean') return null;
  if (kind === 'categorical' && allowed !== undefined) {
    const odd = allowed.filter((code) => !holds(type, Number(code)));
    return odd.length === 0 ? null : `the column allows ${odd.join(', ')}: let the model take float32`;
  }
  if (declared === 'number')
    return 'the column holds decimals: let the model take float32, or declare the column of type integer';
  const [least, greatest] = range;
  if (type === 'bool' && (min === undefined || max === undefined || min < least || max > greatest))
    return 'the column holds more than 0 and 1: let the model take float32, or declare min: 0 and max: 1';
  return (min ?? least) < least || (max ?? greatest) > greatest
    ? `the range of the column goes beyond ${least} to ${greatest}: let the model take a wider type, or correct min and max`
    : null;
}
