import { shortestFloat32 } from '../../../codec/float32-text.ts';
import { numberOfHalf } from '../../../codec/float16.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';

/** Text of a row of the output `label`, or `prediction`; null where there is none, or none that is finite. */
export function labelOf(tensor: Tensor | undefined, row: number, rows: number): string | null {
  if (tensor === undefined || tensor.data.length !== rows) return null;
  const value = valueAt(tensor, row);
  return value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? null : String(value);
}

/** Of the positive class: the second of `[rows, 2]`, the one of `[rows, 1]`; not a number where there is none. */
export function probabilityOf(tensor: Tensor | undefined, row: number, rows: number): number {
  if (tensor === undefined) return NaN;
  const width = tensor.data.length / rows;
  if (width !== 1 && width !== 2) return NaN;
  const value = valueAt(tensor, row * width + width - 1);
  return typeof value === 'number' && Number.isFinite(value) ? value : NaN;
}

/** Floats as the shortest decimal that is the same float: 0.1 rather than 0.10000000149011612. */
function valueAt({ type, data }: Tensor, i: number): string | number | bigint | undefined {
  const value = data[i];
  if (typeof value !== 'number') return value;
  if (type === 'float32') return shortestFloat32(value);
  return type === 'float16' ? shortestFloat32(numberOfHalf(value)) : value;
}
