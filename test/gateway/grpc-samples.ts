import type { Tensor } from '../../contracts/data/tensor.ts';
import type { Datatype } from '../../gateway/call/infer-request.ts';
import { encoded } from './grpc-echo.ts';

export interface Sample {
  readonly data: Tensor['data'];
  readonly contents: object | null;
  readonly raw: Buffer;
}

export const bytesOf = (data: Exclude<Tensor['data'], readonly string[]>): Buffer =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const numbers = (data: Exclude<Tensor['data'], readonly string[]>, field: string | null): Sample => ({
  data,
  contents: field === null ? null : { [field]: Array.from(data as ArrayLike<number | bigint>, String) },
  raw: bytesOf(data),
});

/** Of each datatype two values at the ends of its range. */
export const samples: Readonly<Record<Datatype, Sample>> = {
  BOOL: { data: Uint8Array.of(1, 0), contents: { bool_contents: [true, false] }, raw: Buffer.from([1, 0]) },
  INT8: numbers(Int8Array.of(-128, 127), 'int_contents'),
  INT16: numbers(Int16Array.of(-32768, 32767), 'int_contents'),
  INT32: numbers(Int32Array.of(-(2 ** 31), 2 ** 31 - 1), 'int_contents'),
  INT64: numbers(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n), 'int64_contents'),
  UINT8: numbers(Uint8Array.of(0, 255), 'uint_contents'),
  UINT16: numbers(Uint16Array.of(0, 65535), 'uint_contents'),
  UINT32: numbers(Uint32Array.of(0, 2 ** 32 - 1), 'uint_contents'),
  UINT64: numbers(BigUint64Array.of(0n, 2n ** 64n - 1n), 'uint64_contents'),
  FP16: numbers(Uint16Array.of(0x3c00, 0xfc00), null),
  FP32: numbers(Float32Array.of(-1.5, Infinity), 'fp32_contents'),
  FP64: numbers(Float64Array.of(0.1, NaN), 'fp64_contents'),
  BYTES: {
    data: ['', 'žluťoučký 🐎'],
    contents: { bytes_contents: [Buffer.from(''), Buffer.from('žluťoučký 🐎')] },
    raw: Buffer.concat([Buffer.from([0, 0, 0, 0, 18, 0, 0, 0]), Buffer.from('žluťoučký 🐎')]),
  },
};
export const cases = Object.entries(samples) as [Datatype, Sample][];

/** A request with one input `x`. */
export const request = (input: object, more: object = {}): Buffer =>
  encoded('ModelInferRequest', { model_name: 'm', inputs: [{ name: 'x', shape: [2, 1], ...input }], ...more });
