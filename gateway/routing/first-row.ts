import type { RequestTensor } from '../call/infer-request.ts';
import { halfOf, numberOfHalf } from '../../codec/float16.ts';

/**
 * The first row of an input as text, equal however it was sent (JSON or raw bytes): numbers as JavaScript writes them after
 * rounding to the datatype, `true` and `false`, several values joined by commas. Null where it has no row or a value of it is missing
 * (null, NaN or the empty text).
 */
export function firstRowText(tensor: RequestTensor): string | null {
  const { shape, data } = tensor;
  let size = 1;
  for (let axis = 1; axis < shape.length; axis++) size *= shape[axis]!;
  if (data.length === 0 || size === 0) return null;
  let text = textAt(tensor, 0);
  for (let i = 1; i < size && text !== null; i++) {
    const next = textAt(tensor, i);
    text = next === null ? null : `${text},${next}`;
  }
  return text;
}

function textAt({ datatype, data }: RequestTensor, at: number): string | null {
  const value = data[at];
  if (value === undefined || value === null || value === '') return null;
  if (datatype === 'BOOL') return value === 0 || value === false ? 'false' : 'true';
  if (typeof value !== 'number') return String(value);
  const rounded = datatype === 'FP32' ? Math.fround(value) : datatype === 'FP16' ? halfAt(data, value) : value;
  return Number.isNaN(rounded) ? null : String(rounded);
}

/** Halves come from bytes as bit patterns, from JSON as numbers. */
const halfAt = (data: RequestTensor['data'], value: number): number =>
  data instanceof Uint16Array ? numberOfHalf(value) : numberOfHalf(halfOf(value));
