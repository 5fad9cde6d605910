import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { TensorProto } from './proto.ts';

/** Element types that Pawl reads and writes, with their numbers in `TensorProto.DataType`. */
export const elementTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float64: 11,
} as const;
export type ElementType = keyof typeof elementTypes;

export type NumericArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | BigInt64Array;
export type TensorArray = NumericArray | readonly string[];

export interface TensorContent {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorArray;
}

const arrays = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float64: Float64Array,
};

const text = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** Name of a number in `TensorProto.DataType`; undefined for types that Pawl does not handle (float16, int4, ...). */
function elementTypeOf(dataType: number): ElementType | undefined {
  return (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type] === dataType);
}

/**
 * A tensor of the given values, in row-major order. The element type follows the array (`Uint8Array` is uint8 unless `type`
 * says bool); `dims` defaults to one dimension. Throws `RangeError` where the values do not fill the shape.
 */
export function tensorOf(name: string, data: TensorArray, dims: readonly number[] = [data.length], type?: ElementType) {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size !== data.length)
    throw new RangeError(`tensor "${name}" of shape [${dims.join(', ')}] got ${data.length} values`);
  const kind = type ?? typeOfArray(data);
  const tensor: TensorProto = { dims: [...dims], dataType: elementTypes[kind], name };
  if (isText(data)) tensor.stringData = data.map((value) => text.encoder.encode(value));
  else tensor.rawData = new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  return tensor;
}

/** The values of a tensor, from raw or typed fields. Throws `InvalidModelError` for external data and foreign types. */
export function tensorValues(tensor: TensorProto): TensorContent {
  const type = elementTypeOf(tensor.dataType);
  const { dims } = tensor;
  if (!type) throw unreadable(tensor, `has element type ${tensor.dataType}, which Pawl does not read`);
  if (tensor.dataLocation === 1) throw unreadable(tensor, 'lies in another file; export the model as one file');
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data =
    type === 'string' ? (tensor.stringData ?? []).map((value) => text.decoder.decode(value)) : numbers(tensor, type);
  if (data.length !== size) throw unreadable(tensor, `of shape [${dims.join(', ')}] holds ${data.length} values`);
  return { type, dims, data };
}

function numbers(tensor: TensorProto, type: Exclude<ElementType, 'string'>): NumericArray {
  const { rawData } = tensor;
  if (rawData && rawData.length > 0) {
    if (rawData.length % arrays[type].BYTES_PER_ELEMENT !== 0)
      throw unreadable(tensor, `has ${rawData.length} raw bytes`);
    return new arrays[type](new Uint8Array(rawData).buffer);
  }
  if (type === 'float32') return Float32Array.from(tensor.floatData ?? []);
  if (type === 'float64') return Float64Array.from(tensor.doubleData ?? []);
  if (type === 'int64') return BigInt64Array.from(tensor.int64Data ?? []);
  return arrays[type].from(tensor.int32Data ?? []);
}

function typeOfArray(data: TensorArray): ElementType {
  if (isText(data)) return 'string';
  if (data instanceof Uint8Array) return 'uint8';
  const found = (Object.keys(arrays) as (keyof typeof arrays)[]).find((type) => data instanceof arrays[type]);
  if (!found) throw new TypeError('a tensor takes an array of texts or one of the typed arrays of its element types');
  return found;
}

const isText = (data: TensorArray): data is readonly string[] => Array.isArray(data);

function unreadable(tensor: TensorProto, reason: string): PawlError {
  return new PawlError(errorTypes.invalidModel, `tensor "${tensor.name ?? ''}" of the model ${reason}`, {
    tensor: tensor.name,
  });
}
