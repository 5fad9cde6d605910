import { float32Limit, numberText, readNumeral } from '../../contracts/data/cell.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import {
  wholeRanges,
  type Signature,
  type Tensor,
  type TensorData,
  type TensorType,
  type WholeType,
} from '../../contracts/data/tensor.ts';

/** One tensor `[rows, 1]` per input. Throws `InvalidDataError` for a column that the frame lacks or the type cannot hold. */
export function feedsOfFrame(signature: Signature, frame: Frame, from: number, to: number): Record<string, Tensor> {
  return Object.fromEntries(
    signature.inputs.map(({ name, type }) => {
      const column = frame.columns[name];
      if (!column) throw invalidData(name, `is missing: the model takes ${type} "${name}"`);
      const data = type === 'string' ? texts(column, from, to) : numbers(name, type, column, from, to);
      return [name, { type, shape: [to - from, 1], data }];
    }),
  );
}

function texts(column: ColumnData, from: number, to: number): string[] {
  if (column.type === 'string') return column.values.slice(from, to);
  return Array.from(column.values.subarray(from, to), numberText);
}

/** Whole numbers that a type holds and a double tells apart: a typed array would wrap others. */
function exactRange(type: WholeType): [least: number, greatest: number] {
  const [least, greatest] = wholeRanges[type];
  return [Math.max(least, Number.MIN_SAFE_INTEGER), Math.min(greatest, Number.MAX_SAFE_INTEGER)];
}

function numbers(
  name: string,
  type: Exclude<TensorType, 'string'>,
  column: ColumnData,
  from: number,
  to: number,
): TensorData {
  const values =
    column.type === 'number'
      ? column.values.subarray(from, to)
      : Float64Array.from(column.values.slice(from, to), (text) => numberOf(name, type, text));
  switch (type) {
    case 'float32':
      return singles(name, values);
    case 'float64':
      return new Float64Array(values);
    case 'float16':
      throw invalidData(name, 'cannot be given to a model that takes float16: export it with float32 inputs');
    default:
  }
  const [min, max] = exactRange(type);
  const odd = values.find((value) => !Number.isInteger(value) || value < min || value > max);
  if (odd !== undefined)
    throw invalidData(
      name,
      Number.isNaN(odd)
        ? `has missing values, and ${type} has none: export the model with float32 inputs, or fill them in`
        : `holds ${odd}, and the model takes ${type}, from ${min} to ${max}: export it with a wider type, or correct the data`,
    );
  switch (type) {
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'uint64':
      return BigUint64Array.from(values, BigInt);
    case 'int32':
      return Int32Array.from(values);
    case 'int16':
      return Int16Array.from(values);
    case 'int8':
      return Int8Array.from(values);
    case 'uint32':
      return Uint32Array.from(values);
    case 'uint16':
      return Uint16Array.from(values);
    case 'uint8':
      return Uint8Array.from(values);
    case 'bool':
      return Uint8Array.from(values);
  }
}

function singles(name: string, values: Float64Array): Float32Array {
  const data = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value >= float32Limit || value <= -float32Limit)
      throw invalidData(name, `holds ${value}, which is too large for float32`);
    data[i] = value;
  }
  return data;
}

/** A code as a number, true as 1 and false as 0; NaN where it is missing. */
function numberOf(name: string, type: TensorType, text: string): number {
  if (text === '') return Number.NaN;
  const number = text === 'true' ? 1 : text === 'false' ? 0 : readNumeral(text);
  if (number === null)
    throw invalidData(name, `holds ${JSON.stringify(text)}, which is not a number: the model takes ${type}`);
  return number;
}

function invalidData(column: string, reason: string): PawlError {
  return new PawlError(errorTypes.invalidData, `column "${column}" ${reason}`, { column });
}
