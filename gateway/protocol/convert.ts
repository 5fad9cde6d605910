import { float32Limit, numberText } from '../../contracts/data/cell.ts';
import type { TensorData, TensorType } from '../../contracts/data/tensor.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { badRequest } from '../call/http-error.ts';
import type { RequestTensor, Scalar } from '../call/infer-request.ts';
import { datatypeOf } from '../../contracts/data/tensor.ts';
import { arrayOf, rangeOf, type Numbers, type IntegerRange } from './datatypes.ts';
import { halfOf, numbersOfHalves } from '../../codec/float16.ts';
import { float32Text, shortestFloat32 } from '../../codec/float32-text.ts';

/** A request's values in a model's type; the same array where they have it already. Throws `HttpError` 400. */
export type Converter = (tensor: RequestTensor) => TensorData;

/**
 * To a type of a model. A number may come as any number type that holds it, a category as text or as a number where the model
 * takes text; null is missing: NaN, or the empty text.
 */
export function converterTo(type: TensorType): Converter {
  switch (type) {
    case 'string':
      return textsOf;
    case 'bool':
      return boolsOf;
    case 'float16':
      return (tensor) =>
        hasType(tensor, 'float16')
          ? tensor.data
          : Uint16Array.from(floatsInto(tensor, new Float64Array(tensor.data.length), 65_520, type), halfOf);
    case 'float32':
      return (tensor) =>
        hasType(tensor, 'float32')
          ? tensor.data
          : floatsInto(tensor, new Float32Array(tensor.data.length), float32Limit, type);
    case 'float64':
      return (tensor) =>
        hasType(tensor, 'float64')
          ? tensor.data
          : floatsInto(tensor, new Float64Array(tensor.data.length), Infinity, type);
    case 'int64':
    case 'uint64':
      return (tensor) => (hasType(tensor, type) ? tensor.data : wideOf(tensor, type));
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return (tensor) => (hasType(tensor, type) ? tensor.data : integersOf(tensor, type));
  }
}

const isList = (data: RequestTensor['data']): data is readonly Scalar[] => Array.isArray(data);

function hasType(tensor: RequestTensor, type: TensorType): tensor is RequestTensor & { data: Numbers } {
  return tensor.datatype === datatypeOf[type] && !isList(tensor.data);
}

/** Values of a number's magnitude from `limit` on would become infinite. */
function floatsInto<T extends Float32Array | Float64Array>(
  tensor: RequestTensor,
  into: T,
  limit: number,
  type: TensorType,
): T {
  const { data, datatype } = tensor;
  const range = numericRange(tensor);
  if (isList(data)) {
    const float = range === undefined && datatype !== 'BOOL';
    for (let i = 0; i < into.length; i++) {
      const value = data[i]!;
      const number = float && typeof value === 'number' ? value : numberOf(tensor, value, range);
      if (number >= limit || number <= -limit) throw wrong(tensor, value, `${datatypeOf[type]}: it is too large`);
      into[i] = number;
    }
    return into;
  }
  const numbers = numbersOf(tensor);
  for (let i = 0; i < into.length; i++) {
    const number = Number(numbers[i]);
    if ((number >= limit || number <= -limit) && Number.isFinite(number))
      throw wrong(tensor, number, `${datatypeOf[type]}: it is too large`);
    into[i] = number;
  }
  return into;
}

type NarrowInteger = Exclude<TensorType, 'string' | 'bool' | 'int64' | 'uint64' | `float${string}`>;

function integersOf(tensor: RequestTensor, type: NarrowInteger): Numbers {
  const { min, max } = rangeOf[datatypeOf[type]]!;
  const numbers = isList(tensor.data) ? tensor.data : numbersOf(tensor);
  const range = numericRange(tensor);
  const integers = new arrayOf[datatypeOf[type] as 'INT8'](numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = integerOf(tensor, numbers[i]!, range, type);
    if (number < min || number > max) throw wrong(tensor, number, `${datatypeOf[type]}, which the model takes`);
    integers[i] = number;
  }
  return integers;
}

function wideOf(tensor: RequestTensor, type: 'int64' | 'uint64'): Numbers {
  const min = type === 'int64' ? -(2n ** 63n) : 0n;
  const max = type === 'int64' ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  const numbers = isList(tensor.data) ? tensor.data : numbersOf(tensor);
  const range = numericRange(tensor);
  const integers = type === 'int64' ? new BigInt64Array(numbers.length) : new BigUint64Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i]!;
    const integer = typeof value === 'bigint' ? value : BigInt(integerOf(tensor, value, range, type));
    if (integer < min || integer > max) throw wrong(tensor, integer, `${datatypeOf[type]}, which the model takes`);
    integers[i] = integer;
  }
  return integers;
}

function integerOf(
  tensor: RequestTensor,
  value: Scalar | bigint,
  range: IntegerRange | undefined,
  type: TensorType,
): number {
  const number = typeof value === 'bigint' ? Number(value) : numberOf(tensor, value, range);
  if (Number.isInteger(number)) return number;
  if (Number.isNaN(number))
    throw badRequest(
      `input "${tensor.name}": the model takes an integer (${datatypeOf[type]}) here, which cannot be missing`,
    );
  throw wrong(tensor, number, `integer: the model takes ${datatypeOf[type]} here`);
}

function boolsOf(tensor: RequestTensor): TensorData {
  if (hasType(tensor, 'bool')) return tensor.data;
  const range = numericRange(tensor);
  const numbers = isList(tensor.data) ? tensor.data : numbersOf(tensor);
  const bools = new Uint8Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = integerOf(tensor, numbers[i]!, range, 'bool');
    if (number !== 0 && number !== 1) throw wrong(tensor, number, 'BOOL, which the model takes');
    bools[i] = number;
  }
  return bools;
}

function textsOf(tensor: RequestTensor): readonly string[] {
  const { data, datatype } = tensor;
  if (datatype === 'BYTES') {
    const texts = data as readonly Scalar[];
    for (let i = 0; i < texts.length; i++)
      if (typeof texts[i] !== 'string')
        return texts.map((value) => {
          if (value === null) return '';
          if (typeof value === 'string') return value;
          throw wrong(tensor, value, 'text, as its datatype BYTES says');
        });
    return texts as readonly string[];
  }
  if (datatype === 'BOOL') throw badRequest(`input "${tensor.name}" is BOOL; the model takes BYTES here`);
  const range = numericRange(tensor);
  if (!isList(data))
    return Array.from<number | bigint, string>(numbersOf(tensor), (value) =>
      typeof value === 'bigint' ? String(value) : datatype === 'FP32' ? codeOfFloat32(value) : numberText(value),
    );
  return data.map((value) => {
    return numberText(numberOf(tensor, value, range));
  });
}

/** The shortest decimal of a float32, as `numberText` writes it. */
function codeOfFloat32(value: number): string {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e16 ? float32Text(value) : numberText(shortestFloat32(value));
}

/** Values of a tensor that came as bytes; halves as the numbers that they mean. */
function numbersOf({ data, datatype }: RequestTensor): ArrayLike<number | bigint> {
  return datatype === 'FP16' ? numbersOfHalves(data as Uint16Array) : (data as ArrayLike<number | bigint>);
}

/** What a JSON number of the tensor's datatype may be; undefined for floats and BOOL. */
function numericRange({ name, datatype }: RequestTensor): IntegerRange | undefined {
  if (datatype === 'BYTES')
    throw badRequest(`input "${name}" is BYTES where the model takes a number: send FP64 or INT64`);
  return rangeOf[datatype];
}

function numberOf(tensor: RequestTensor, value: Scalar, range: IntegerRange | undefined): number {
  if (typeof value === 'number') {
    if (range === undefined) {
      if (tensor.datatype !== 'BOOL' || value === 0 || value === 1) return value;
    } else if (Number.isInteger(value) && value >= range.min && value <= range.max) return value;
    const wide = Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER;
    throw wrong(
      tensor,
      value,
      wide ? `${tensor.datatype} that JSON holds exactly: send it as raw bytes` : tensor.datatype,
    );
  }
  if (value === null) return NaN;
  if (typeof value === 'boolean' && tensor.datatype === 'BOOL') return value ? 1 : 0;
  throw wrong(tensor, value, tensor.datatype);
}

function wrong({ name }: RequestTensor, value: Scalar | bigint, wanted: string): Error {
  const text = typeof value === 'string' ? `"${shownText(value, 60)}"` : String(value);
  return badRequest(`input "${shownText(name)}": ${text} is not a valid ${wanted}`);
}
