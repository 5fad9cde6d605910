import type { TensorData } from '../../contracts/data/tensor.ts';

/** Element types of the Open Inference Protocol. */
export const datatypes = [
  'BOOL',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;
export type Datatype = (typeof datatypes)[number];

export type Scalar = string | number | boolean | null;
export type Parameters = Readonly<Record<string, string | number | boolean>>;
export const noParameters: Parameters = Object.freeze({});

/** Dimensions of a tensor at most: no model here has more. */
export const mostDimensions = 32;

/** One tensor as the client sent it: its size is checked, its type not yet turned into the model's. */
export interface RequestTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Row-major. From JSON: scalars, null is missing. From bytes: the typed array of the datatype, texts for BYTES. */
  readonly data: readonly Scalar[] | TensorData;
}

export interface RequestedOutput {
  readonly name: string;
  /** As raw bytes behind the JSON; REST only. */
  readonly binary: boolean;
}

/** An inference request from any door, independent of any version's signature. */
export interface InferRequest {
  readonly id: string | null;
  readonly parameters: Parameters;
  readonly tensors: ReadonlyMap<string, RequestTensor>;
  /** Null is all. */
  readonly outputs: readonly RequestedOutput[] | null;
  /** Where outputs are not named: all as raw bytes. */
  readonly binaryOutputs: boolean;
}
