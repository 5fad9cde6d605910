/** Element types of ONNX tensors that a served model may take and give. */
export const tensorTypes = [
  'string',
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
] as const;
export type TensorType = (typeof tensorTypes)[number];
/** Open Inference Protocol names of the types that a model can have. */
export const datatypeOf = {
  string: 'BYTES',
  bool: 'BOOL',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
} as const satisfies Readonly<Record<TensorType, string>>;

export type WholeType = Exclude<TensorType, 'string' | `float${string}`>;

/** Least and greatest number of the types of whole numbers, as doubles hold them. */
export const wholeRanges: Readonly<Record<WholeType, readonly [least: number, greatest: number]>> = {
  bool: [0, 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64],
};

export const isWholeType = (type: TensorType): type is WholeType => Object.hasOwn(wholeRanges, type);

/**
 * Values in row-major order. Text is `string[]`, `bool` a `Uint8Array` of 0 and 1, `float16` the `Uint16Array` of its bit
 * patterns, every other type its typed array. A missing number is NaN, a missing text the empty string.
 */
export type TensorData =
  | readonly string[]
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

export interface Tensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Tensors by input of a model, or by output. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  /** Null where the size is not fixed; by convention the first is the batch. */
  readonly shape: readonly (number | null)[];
  /** By axis after the first, the name of a size that is not fixed: tensors have equal sizes where the names are equal. Absent where none is named. */
  readonly symbols?: readonly (string | null)[];
}

/** Inputs and outputs of a model. A tabular one takes a tensor `[null, 1]` per raw column and gives `label` and `probabilities`. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dimension) => size * dimension, 1);
