import type { Signature } from '../../contracts/signature.ts';

export type TensorType = Signature['inputs'][number]['type'];

/** Open Inference Protocol names of the types that a model can have. */
export const datatypeOf: Readonly<Record<TensorType, string>> = {
  string: 'BYTES',
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  int32: 'INT32',
  bool: 'BOOL',
};

export const integerDatatypes: ReadonlySet<string> = new Set([
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
]);
export const floatDatatypes: ReadonlySet<string> = new Set(['FP16', 'BF16', 'FP32', 'FP64']);

export const isDatatype = (name: unknown): name is string =>
  typeof name === 'string' &&
  (name === 'BYTES' || name === 'BOOL' || integerDatatypes.has(name) || floatDatatypes.has(name));
