import { sizeOf } from '../../contracts/data/tensor.ts';
import { isObject } from '../../contracts/is-object.ts';
import { badRequest } from '../call/http-error.ts';
import {
  datatypes,
  mostDimensions,
  noParameters,
  type Datatype,
  type InferRequest,
  type Parameters,
  type RequestedOutput,
  type RequestTensor,
  type Scalar,
} from '../call/infer-request.ts';
import { converterTo } from './convert.ts';
import { isDatatype } from './datatypes.ts';
import { checkJsonSize, parseJsonBody, type JsonLimits } from './json.ts';
import { parseFastJson } from './fast-json.ts';
import { decodeRaw } from './raw-tensors.ts';
import { textLimits, ValueRoom, type TextLimits } from './value-limits.ts';

const toFloat32 = converterTo('float32');
const toFloat64 = converterTo('float64');

/**
 * An inference request of the Open Inference Protocol. `jsonLength` is the length of the JSON head that raw tensors follow; null
 * is a body of JSON alone. Throws `HttpError` 400 that names the tensor and what was wrong with it, or 413.
 */
export function parseInferRequest(body: Buffer, jsonLength: number | null, limits: JsonLimits): InferRequest {
  if (jsonLength !== null && jsonLength > body.length)
    throw badRequest(
      `the header Inference-Header-Content-Length says ${jsonLength} bytes of JSON, and the body has ${body.length} bytes`,
    );
  const head = jsonLength === null ? body : body.subarray(0, jsonLength);
  checkJsonSize(head, limits);
  const fast = jsonLength === null ? parseFastJson(body) : null;
  if (fast !== null) {
    const { id, tensors } = fast;
    const { parameters, binaryOutputs } = parseParameters(fast.parameters);
    const outputs = parseOutputs(fast.outputs, binaryOutputs);
    return { id: parseId(id), parameters, tensors, outputs, binaryOutputs };
  }
  const value = parseJsonBody(head, limits);
  if (!isObject(value)) throw badRequest('the body must be a JSON object with "inputs"');
  const { inputs } = value;
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw badRequest('"inputs" must be a list of tensors: {"name", "datatype", "shape", "data"}');
  const raw = new RawBytes(body, head.length, textLimits(limits));
  const tensors = new Map<string, RequestTensor>();
  for (const input of inputs as unknown[]) {
    const tensor = parseTensor(input, raw);
    if (tensors.has(tensor.name)) throw badRequest(`input "${tensor.name}" is given twice in the request`);
    tensors.set(tensor.name, tensor);
  }
  raw.end();
  const { parameters, binaryOutputs } = parseParameters(value.parameters);
  return {
    id: parseId(value.id),
    parameters,
    tensors,
    outputs: parseOutputs(value.outputs, binaryOutputs),
    binaryOutputs,
  };
}

/** What follows the JSON head: the raw tensors, in the order of the inputs. */
class RawBytes {
  readonly #body: Buffer;
  readonly room: ValueRoom;
  #at: number;

  constructor(body: Buffer, from: number, limits: TextLimits) {
    this.#body = body;
    this.#at = from;
    this.room = new ValueRoom(limits);
  }

  take(name: string, size: unknown): Buffer {
    if (!Number.isSafeInteger(size) || (size as number) < 0)
      throw badRequest(`input "${name}": "binary_data_size" must be a number of bytes`);
    const end = this.#at + (size as number);
    if (end > this.#body.length)
      throw badRequest(
        `input "${name}": "binary_data_size" is ${size as number}, and ${this.#body.length - this.#at} bytes are left behind the JSON: ` +
          'its length belongs in the header Inference-Header-Content-Length',
      );
    const bytes = this.#body.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  end(): void {
    const left = this.#body.length - this.#at;
    if (left > 0) throw badRequest(`${left} bytes follow the last tensor: no input's "binary_data_size" names them`);
  }
}

function parseTensor(input: unknown, raw: RawBytes): RequestTensor {
  if (!isObject(input) || typeof input.name !== 'string' || input.name === '')
    throw badRequest('every input needs a "name"');
  const { name, datatype, shape, parameters } = input;
  if (!isDatatype(datatype)) throw wrongDatatype(name, datatype);
  if (!isShape(shape)) throw badRequest(`input "${name}": "shape" must be a list of sizes, like [3, 1]`);
  if (isObject(parameters)) {
    if (parameters.shared_memory_region !== undefined)
      throw badRequest(`input "${name}" lies in shared memory, which this server does not open: send its values`);
    if (parameters.binary_data_size !== undefined) {
      if (input.data !== undefined)
        throw badRequest(`input "${name}" has "data" beside "binary_data_size": send one of them`);
      const bytes = raw.take(name, parameters.binary_data_size);
      return { name, datatype, shape, data: decodeRaw(name, datatype, shape, bytes, raw.room) };
    }
  }
  const tensor = { name, datatype, shape, data: parseData(name, datatype, shape, input.data) };
  if (datatype === 'FP32') return { ...tensor, data: toFloat32(tensor) };
  return datatype === 'FP64' ? { ...tensor, data: toFloat64(tensor) } : tensor;
}

function parseData(name: string, datatype: Datatype, shape: readonly number[], given: unknown): readonly Scalar[] {
  if (!Array.isArray(given)) throw badRequest(`input "${name}": "data" must be a list`);
  const data = isFlat(given) ? given : flatten(name, given);
  const size = sizeOf(shape);
  if (data.length !== size)
    throw badRequest(
      `input "${name}": shape [${shape.join(', ')}] of ${datatype} wants ${size} values, "data" has ${data.length}`,
    );
  return data;
}

function isShape(shape: unknown): shape is number[] {
  if (!Array.isArray(shape) || shape.length > mostDimensions) return false;
  for (const size of shape as unknown[]) if (!Number.isSafeInteger(size) || (size as number) < 0) return false;
  return true;
}

function isFlat(data: readonly unknown[]): data is Scalar[] {
  for (const value of data) if (typeof value === 'object' && value !== null) return false;
  return true;
}

/** Row-major values of lists in lists, level by level: those of one level have one length. */
function flatten(name: string, given: readonly unknown[]): Scalar[] {
  let level = given;
  while (!isFlat(level)) {
    if (level.some(isObject)) throw badRequest(`input "${name}": "data" holds an object`);
    const [first] = level;
    const length = Array.isArray(first) ? first.length : -1;
    const next: unknown[] = [];
    for (const list of level) {
      if (!Array.isArray(list) || list.length !== length)
        throw badRequest(`input "${name}": "data" is ragged: lists of one level must have one length`);
      for (const value of list as unknown[]) next.push(value);
    }
    level = next;
  }
  return level;
}

function wrongDatatype(name: string, datatype: unknown): Error {
  if (datatype === 'BF16')
    return badRequest(
      `input "${name}": BF16 is not taken, since no model here has it: send FP32, which holds it exactly`,
    );
  const given = typeof datatype === 'string' ? `"${datatype}"` : 'missing';
  return badRequest(`input "${name}": datatype ${given} is none of ${datatypes.join(', ')}`);
}

function parseId(id: unknown): string | null {
  if (id === undefined || id === null || id === '') return null;
  if (typeof id !== 'string') throw badRequest('"id" must be a string');
  return id;
}

function parseParameters(value: unknown): { parameters: Parameters; binaryOutputs: boolean } {
  if (value === undefined || value === null) return { parameters: noParameters, binaryOutputs: false };
  if (!isObject(value)) throw badRequest('"parameters" must be an object');
  for (const [name, parameter] of Object.entries(value))
    if (typeof parameter === 'object')
      throw badRequest(`parameter "${name}" must be a string, a number, true or false`);
  const { binary_data_output: binaryOutputs = false } = value;
  if (typeof binaryOutputs !== 'boolean') throw badRequest('parameter "binary_data_output" must be true or false');
  return { parameters: value as Parameters, binaryOutputs };
}

function parseOutputs(outputs: unknown, binaryOutputs: boolean): RequestedOutput[] | null {
  if (outputs === undefined || outputs === null) return null;
  if (!Array.isArray(outputs)) throw badRequest('"outputs" must be a list of {"name"}');
  if (outputs.length === 0) return null;
  const names = new Set<string>();
  return outputs.map((output: unknown) => {
    if (!isObject(output) || typeof output.name !== 'string' || output.name === '')
      throw badRequest('every output needs a "name"');
    const { name, parameters } = output;
    if (names.has(name)) throw badRequest(`output "${name}" is given twice in the request`);
    names.add(name);
    if (!isObject(parameters)) return { name, binary: binaryOutputs };
    for (const asked of ['classification', 'shared_memory_region'])
      if (parameters[asked] !== undefined)
        throw badRequest(`output "${name}": "${asked}" is not supported, ask for the tensor itself`);
    const { binary_data: binary = binaryOutputs } = parameters;
    if (typeof binary !== 'boolean') throw badRequest(`output "${name}": "binary_data" must be true or false`);
    return { name, binary };
  });
}
