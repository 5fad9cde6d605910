import type { Tensor } from '../../ports/inference/port.ts';
import { badRequest } from '../http-error.ts';
import { datatypeOf } from './datatypes.ts';

export interface InferAnswer {
  readonly model: string;
  readonly version: number;
  readonly id: string;
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Names that were asked for; null is all. */
  readonly wanted: readonly string[] | null;
}

/** JSON text of the answer. NaN and infinities become null: JSON has no word for them. Throws `HttpError` 400. */
export function inferResponse(answer: InferAnswer): string {
  const names = answer.wanted ?? Object.keys(answer.outputs);
  const outputs = names.map((name) => {
    const tensor = answer.outputs[name];
    if (tensor === undefined)
      throw badRequest(`there is no output "${name}": there are ${Object.keys(answer.outputs).join(', ')}`);
    return `{"name":${JSON.stringify(name)},"datatype":"${datatypeOf[tensor.type]}","shape":[${tensor.shape.join(',')}],"data":${dataJson(tensor)}}`;
  });
  return `{"model_name":${JSON.stringify(answer.model)},"model_version":"${answer.version}","id":${JSON.stringify(answer.id)},"outputs":[${outputs.join(',')}]}`;
}

function dataJson({ type, data }: Tensor): string {
  if (type === 'string') return JSON.stringify(data);
  if (type === 'bool') return JSON.stringify(Array.from(data as Uint8Array, (value) => value !== 0));
  if (data instanceof Float32Array) return JSON.stringify(Array.from(data, shortest));
  if (data instanceof BigInt64Array) return `[${data.join(',')}]`;
  return JSON.stringify(Array.from(data as Float64Array | Int32Array));
}

/** The shortest decimal that is the same float32: 0.1 rather than 0.10000000149011612. */
function shortest(value: number): number {
  const short = Number(value.toPrecision(8));
  return Math.fround(short) === value ? short : value;
}

export interface RowAnswer {
  readonly label: string | number | null;
  readonly probability: number | null;
}

/**
 * Label and probability of the positive class per row, from the outputs `label` and `probabilities`
 * (`[rows, 2]`: negative, positive; or `[rows, 1]`). Null where a model has no such output.
 */
export function rowAnswers(outputs: Readonly<Record<string, Tensor>>, rows: number): RowAnswer[] {
  const { label, probabilities } = outputs;
  const width = probabilities === undefined ? 0 : probabilities.data.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const value = width === 1 || width === 2 ? probabilities?.data[row * width + width - 1] : undefined;
    const probability = typeof value === 'number' && Number.isFinite(value) ? value : null;
    return { label: labelOf(label?.data[row]), probability };
  });
}

function labelOf(value: string | number | bigint | undefined): string | number | null {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}
