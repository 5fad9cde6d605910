import type { Tensor } from '../../contracts/data/tensor.ts';
import type { InferAnswer } from '../call/infer-call.ts';
import type { InferRequest } from '../call/infer-request.ts';
import { datatypeOf } from '../../contracts/data/tensor.ts';
import { numberOfHalf } from '../../codec/float16.ts';
import { float32Text } from '../../codec/float32-text.ts';
import { nextTurn } from '../turn.ts';
import { encodeRaw } from './raw-tensors.ts';

export interface InferResponse {
  readonly body: Buffer | string;
  /** Length of the JSON head that raw tensors follow; null is a body of JSON alone. */
  readonly jsonLength: number | null;
}

/** Values that are written in one turn of the event loop. */
const sliceValues = 8192;

/** As `inferResponse`, with turns of the event loop while large tensors are written as JSON. */
export async function inferResponseInTurns(answer: InferAnswer, request: InferRequest): Promise<InferResponse> {
  const written = new Map<string, string>();
  for (const name in answer.outputs) {
    const { type, shape, data } = answer.outputs[name]!;
    if (data.length <= sliceValues || wantsBinary(request, name)) continue;
    let list = '';
    for (let from = 0; from < data.length; from += sliceValues) {
      if (from > 0) await nextTurn();
      const part = valuesJson({ type, shape, data: data.slice(from, from + sliceValues) });
      list += `${from === 0 ? '' : ','}${part.slice(1, -1)}`;
    }
    written.set(name, `[${list}]`);
  }
  return inferResponse(answer, request, written);
}

/** The body of an answer; values that are `written` already stay so. NaN and infinities become null: JSON has no word for them. */
export function inferResponse(
  answer: InferAnswer,
  request: InferRequest,
  written?: ReadonlyMap<string, string>,
): InferResponse {
  const { outputs } = answer;
  const raw: Uint8Array[] = [];
  let rawLength = 0;
  let json = `{"model_name":${quoted(answer.model)},"model_version":"${answer.route.version}","id":${JSON.stringify(answer.id)},"outputs":[`;
  let first = true;
  for (const name in outputs) {
    const tensor = outputs[name]!;
    if (!first) json += ',';
    first = false;
    json += `{"name":${quoted(name)},"datatype":"${datatypeOf[tensor.type]}","shape":[${tensor.shape.join(',')}],`;
    if (wantsBinary(request, name)) {
      const bytes = encodeRaw(tensor);
      raw.push(bytes);
      rawLength += bytes.length;
      json += `"parameters":{"binary_data_size":${bytes.length}}}`;
    } else json += `"data":${written?.get(name) ?? valuesJson(tensor)}}`;
  }
  json += ']}';
  if (raw.length === 0) return { body: json, jsonLength: null };
  const jsonLength = Buffer.byteLength(json);
  const body = Buffer.allocUnsafe(jsonLength + rawLength);
  let at = body.write(json);
  for (const bytes of raw) {
    body.set(bytes, at);
    at += bytes.length;
  }
  return { body, jsonLength };
}

function wantsBinary({ outputs, binaryOutputs }: InferRequest, name: string): boolean {
  if (outputs === null) return binaryOutputs;
  for (const output of outputs) if (output.name === name) return output.binary;
  return false;
}

/** Names of models and outputs, which are few, as JSON. */
const quotes = new Map<string, string>();

function quoted(name: string): string {
  let text = quotes.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    quotes.set(name, text);
  }
  return text;
}

/** The values of a tensor as a JSON list. */
export function valuesJson({ type, data }: Tensor): string {
  switch (type) {
    case 'string':
      return JSON.stringify(data);
    case 'bool':
      return listOf(data as Uint8Array, boolJson);
    case 'float16':
      return listOf(data as Uint16Array, halfJson);
    case 'float32':
      return listOf(data as Float32Array, float32Json);
    case 'float64':
      return JSON.stringify(Array.from(data as Float64Array));
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return `[${data.join(',')}]`;
  }
}

function listOf(values: Uint8Array | Uint16Array | Float32Array, json: (value: number) => string): string {
  let list = '[';
  for (let i = 0; i < values.length; i++) list += i === 0 ? json(values[i]!) : `,${json(values[i]!)}`;
  return `${list}]`;
}

const boolJson = (value: number): string => (value === 0 ? 'false' : 'true');
const float32Json = (value: number): string => (value - value === 0 ? float32Text(value) : 'null');

function halfJson(bits: number): string {
  const value = numberOfHalf(bits);
  return Number.isFinite(value) ? String(value) : 'null';
}
