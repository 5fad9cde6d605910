import type { TensorData } from '../../contracts/data/tensor.ts';
import { datatypes, type Datatype } from '../call/infer-request.ts';

export type Numbers = Exclude<TensorData, readonly string[]>;

export interface NumberArray {
  readonly BYTES_PER_ELEMENT: number;
  new (size: number): Numbers;
  new (buffer: ArrayBufferLike, offset: number, size: number): Numbers;
}

/** What holds the values of a type: FP16 as bit patterns, BOOL as 0 and 1. */
export const arrayOf: Readonly<Record<Exclude<Datatype, 'BYTES'>, NumberArray>> = {
  BOOL: Uint8Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

export { float32Limit } from '../../contracts/data/cell.ts';

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

const signed = (bits: number): IntegerRange => ({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const unsigned = (bits: number): IntegerRange => ({ min: 0, max: 2 ** bits - 1 });

/** Integers that a JSON number can name exactly; 64 bits go further only as raw bytes. */
const exact = Number.MAX_SAFE_INTEGER;

export const rangeOf: Readonly<Partial<Record<Datatype, IntegerRange>>> = {
  INT8: signed(8),
  INT16: signed(16),
  INT32: signed(32),
  INT64: { min: -exact, max: exact },
  UINT8: unsigned(8),
  UINT16: unsigned(16),
  UINT32: unsigned(32),
  UINT64: { min: 0, max: exact },
};

const known: ReadonlySet<unknown> = new Set(datatypes);

export const isDatatype = (name: unknown): name is Datatype => known.has(name);
