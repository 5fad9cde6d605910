import { shownNames } from '../../contracts/shown-text.ts';
import { badRequest } from '../call/http-error.ts';
import {
  datatypes,
  mostDimensions,
  noParameters,
  type Datatype,
  type InferRequest,
  type RequestedOutput,
  type RequestTensor,
} from '../call/infer-request.ts';
import { isDatatype } from '../protocol/datatypes.ts';
import { decodeRaw } from '../protocol/raw-tensors.ts';
import { ValueRoom, type TextLimits } from '../protocol/value-limits.ts';
import { decodeContents } from './typed-contents.ts';
import { WireReader } from './wire-reader.ts';

/** A `ModelInferRequest`. */
export interface DecodedRequest {
  readonly model: string;
  /** As named; empty leaves it to the gateway. */
  readonly version: string;
  readonly request: InferRequest;
  /** Tensors came as raw bytes, so they go back as such. */
  readonly raw: boolean;
}

interface Input {
  name: string;
  datatype: string;
  readonly shape: number[];
  /** Bytes of `contents`. */
  contents: readonly [number, number] | null;
  shared: boolean;
}

/** Inputs and outputs of a request at most: no model here has more. */
const mostInputs = 5_000;

/** Throws `HttpError` 400, or 413. */
export function decodeInferRequest(bytes: Buffer, limits?: TextLimits): DecodedRequest {
  const reader = new WireReader(bytes);
  let model = '';
  let version = '';
  let id = '';
  let parameters: Record<string, string | number | boolean> | null = null;
  let outputs: RequestedOutput[] | null = null;
  const inputs: Input[] = [];
  const raws: (readonly [number, number])[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag())
    switch (tag) {
      case 10:
        model = reader.name();
        break;
      case 18:
        version = reader.string();
        break;
      case 26:
        id = reader.string();
        break;
      case 34:
        readParameter(reader, (parameters ??= {}));
        break;
      case 42:
        inputs.push(readInput(reader));
        if (inputs.length > mostInputs) throw badRequest(`the request has more than ${mostInputs} inputs`);
        break;
      case 50:
        (outputs ??= []).push(readOutput(reader));
        if (outputs.length > mostInputs) throw badRequest(`the request asks for more than ${mostInputs} outputs`);
        break;
      case 58: {
        const end = reader.span();
        raws.push([reader.pos, end]);
        reader.pos = end;
        break;
      }
      default:
        reader.skip(tag);
    }
  const room = new ValueRoom(limits);
  const raw = raws.length > 0;
  if (raw && raws.length !== inputs.length)
    throw badRequest(
      `there are ${inputs.length} inputs and ${raws.length} raw_input_contents: give each input its own`,
    );
  const tensors = new Map<string, RequestTensor>();
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!;
    const { name, shape } = input;
    const datatype = checkedDatatype(input);
    tensors.set(name, { name, datatype, shape, data: dataOf(input, datatype, reader, raws[i] ?? null, room) });
  }
  if (tensors.size !== inputs.length)
    throw badRequest(`an input is given twice: ${shownNames(inputs.map(({ name }) => name))}`);
  return {
    model,
    version,
    raw: raw || inputs.length === 0,
    request: {
      id: id === '' ? null : id,
      parameters: parameters ?? noParameters,
      tensors,
      outputs,
      binaryOutputs: raw,
    },
  };
}

function dataOf(
  input: Input,
  datatype: Datatype,
  reader: WireReader,
  raw: readonly [number, number] | null,
  room: ValueRoom,
): RequestTensor['data'] {
  const { name, shape, contents } = input;
  if (input.shared)
    throw badRequest(`input "${name}" lies in shared memory, which this server does not open: send its values`);
  let size = 1;
  for (const dimension of shape) {
    if (dimension < 0) throw badRequest(`input "${name}" has a negative dimension: its shape is [${shape.join(', ')}]`);
    size *= dimension;
  }
  if (!Number.isSafeInteger(size)) throw badRequest(`input "${name}" is too large: its shape is [${shape.join(', ')}]`);
  if (raw !== null) {
    if (contents !== null)
      throw badRequest(`input "${name}" has contents beside raw_input_contents: send one of them for all inputs`);
    return decodeRaw(name, datatype, shape, reader.bytes.subarray(raw[0], raw[1]), room);
  }
  // The same reader, so that the fields of all tensors together are counted.
  [reader.pos, reader.end] = contents ?? [0, 0];
  return decodeContents(name, datatype, size, reader, room);
}

function readInput(reader: WireReader): Input {
  const last = reader.end;
  const end = reader.span();
  const input: Input = { name: '', datatype: '', shape: [], contents: null, shared: false };
  reader.end = end;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag())
    switch (tag) {
      case 10:
        input.name = reader.name();
        break;
      case 18:
        input.datatype = reader.name();
        break;
      case 24:
        input.shape.push(checkedDimension(reader, input));
        break;
      case 26: {
        const stop = reader.span();
        while (reader.pos < stop) input.shape.push(checkedDimension(reader, input));
        break;
      }
      case 34: {
        const parameters: Record<string, unknown> = {};
        readParameter(reader, parameters);
        if ('shared_memory_region' in parameters) input.shared = true;
        break;
      }
      case 42: {
        const stop = reader.span();
        if (input.contents !== null) throw badRequest(`input "${input.name}" has contents twice`);
        input.contents = [reader.pos, stop];
        reader.pos = stop;
        break;
      }
      default:
        reader.skip(tag);
    }
  reader.end = last;
  return input;
}

function checkedDimension(reader: WireReader, { name, shape }: Input): number {
  if (shape.length === mostDimensions) throw badRequest(`input "${name}" has more than ${mostDimensions} dimensions`);
  return reader.int64();
}

function readOutput(reader: WireReader): RequestedOutput {
  const last = reader.end;
  reader.end = reader.span();
  let name = '';
  const parameters: Record<string, unknown> = {};
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag())
    if (tag === 10) name = reader.name();
    else if (tag === 18) readParameter(reader, parameters);
    else reader.skip(tag);
  reader.end = last;
  for (const asked of ['classification', 'shared_memory_region'])
    if (asked in parameters)
      throw badRequest(`output "${name}": "${asked}" is not supported, ask for the tensor itself`);
  return { name, binary: true };
}

/** One entry of `map<string, InferParameter>`. Those of sequences mean nothing here and are left out. */
function readParameter(reader: WireReader, into: Record<string, unknown>): void {
  const last = reader.end;
  reader.end = reader.span();
  let key = '';
  let value: string | number | boolean | null = null;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag())
    if (tag === 10) key = reader.name();
    else if (tag === 18) value = readParameterValue(reader);
    else reader.skip(tag);
  reader.end = last;
  if (value !== null && !key.startsWith('sequence_')) into[key] = value;
}

function readParameterValue(reader: WireReader): string | number | boolean | null {
  const last = reader.end;
  reader.end = reader.span();
  let value: string | number | boolean | null = null;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag())
    switch (tag) {
      case 8:
        value = reader.bool();
        break;
      case 16:
        value = reader.int64();
        break;
      case 26:
        value = reader.string();
        break;
      case 33:
        value = reader.double();
        break;
      case 40:
        value = reader.uint64();
        break;
      default:
        reader.skip(tag);
    }
  reader.end = last;
  return value;
}

function checkedDatatype({ name, datatype }: Input): Datatype {
  if (isDatatype(datatype)) return datatype;
  throw badRequest(`input "${name}" has the datatype "${datatype}", which is none of ${datatypes.join(', ')}`);
}
