import type { Frame } from '../contracts/data/frame.ts';
import { datatypeOf, type Feeds, type Tensor } from '../contracts/data/tensor.ts';
import { numberOfHalf } from './float16.ts';

/** A request of the Open Inference Protocol: a JSON text, or one that raw tensors follow. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  /** Bytes of the JSON text, where raw tensors follow it. */
  readonly jsonBytes: number | null;
}

const encoder = new TextEncoder();
const jsonBody = (request: object): RequestBody => ({
  bytes: encoder.encode(JSON.stringify(request)),
  jsonBytes: null,
});

/** One inference request per row, at most `limit` of them; text as BYTES, numbers as FP64, NaN as null. */
export function bodiesOfRows(rows: Frame, limit: number): RequestBody[] {
  return Array.from({ length: Math.min(rows.rowCount, limit) }, (_, row) =>
    jsonBody({
      inputs: Object.entries(rows.columns).map(([name, column]) => ({
        name,
        datatype: column.type === 'string' ? 'BYTES' : 'FP64',
        shape: [1, 1],
        data: [column.values[row] ?? null],
      })),
    }),
  );
}

/** More values of a request come as raw tensors, as callers of such models send them. */
const mostAsText = 4_096;

/** The request with these tensors: as JSON, or raw where they are large. Text is always JSON. */
export function bodyOfTensors(feeds: Feeds): RequestBody {
  const tensors = Object.entries(feeds);
  const values = tensors.reduce((sum, [, { data }]) => sum + data.length, 0);
  if (values <= mostAsText || tensors.some(([, { type }]) => type === 'string'))
    return jsonBody({ inputs: tensors.map(([name, tensor]) => ({ ...headOf(name, tensor), data: valuesOf(tensor) })) });
  const raw = tensors.map(([, { data }]) => {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  const json = encoder.encode(
    JSON.stringify({
      inputs: tensors.map(([name, tensor], i) => ({
        ...headOf(name, tensor),
        parameters: { binary_data_size: raw[i]?.length ?? 0 },
      })),
    }),
  );
  return { bytes: Buffer.concat([json, ...raw]), jsonBytes: json.length };
}

const headOf = (name: string, { type, shape }: Tensor): object => ({ name, datatype: datatypeOf[type], shape });

function valuesOf({ type, data }: Tensor): unknown[] {
  if (type === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0);
  if (type === 'float16') return Array.from(data as Uint16Array, numberOfHalf);
  return Array.from(data as ArrayLike<unknown>, (value) => (typeof value === 'bigint' ? Number(value) : value));
}
