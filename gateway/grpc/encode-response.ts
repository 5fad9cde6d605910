import { endianness } from 'node:os';
import type { Tensor, TensorData } from '../../contracts/data/tensor.ts';
import type { InferAnswer } from '../call/infer-call.ts';
import { datatypeOf } from '../../contracts/data/tensor.ts';
import { WireWriter } from './wire-writer.ts';

/** An answer that a version gave, and the form that its tensors take. */
export interface GrpcAnswer {
  readonly answer: InferAnswer;
  readonly raw: boolean;
}

/** One message of a stream. */
export type StreamAnswer = GrpcAnswer | { readonly error: string };

const writer = new WireWriter();

/** `ModelInferResponse`. What it returns holds until the next call. */
export function encodeInferResponse(given: GrpcAnswer): Buffer {
  writer.begin();
  writeAnswer(given);
  return writer.finish();
}

/** Before each message of gRPC: whether it is packed, and its length. */
export const prefixBytes = 5;

/** `ModelInferResponse`, not packed, with its prefix. Bytes of its own. */
export function encodeInferFrame(given: GrpcAnswer): Buffer {
  const message = encodeInferResponse(given);
  const frame = Buffer.allocUnsafe(prefixBytes + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}

/** `ModelStreamInferResponse`. What it returns holds until the next call. */
export function encodeStreamResponse(given: StreamAnswer): Buffer {
  writer.begin();
  if ('error' in given) writer.string(10, given.error);
  else {
    writeAnswer(given);
    writer.nested(18, 0);
  }
  return writer.finish();
}

function writeAnswer({ answer, raw }: GrpcAnswer): void {
  const { outputs } = answer;
  const names = Object.keys(outputs);
  // Half precision has no typed contents.
  const bare = raw || names.some((name) => outputs[name]!.type === 'float16');
  if (bare)
    for (let i = names.length - 1; i >= 0; i--) {
      const mark = writer.written;
      writeRaw(outputs[names[i]!]!.data);
      writer.nested(50, mark);
    }
  for (let i = names.length - 1; i >= 0; i--) writeOutput(names[i]!, outputs[names[i]!]!, bare);
  writeParameter('arm', answer.route.arm);
  writer.string(26, answer.id);
  writer.string(18, String(answer.route.version));
  writer.string(10, answer.model);
}

function writeOutput(name: string, tensor: Tensor, bare: boolean): void {
  const mark = writer.written;
  if (!bare) writeContents(tensor);
  const shape = writer.written;
  for (let i = tensor.shape.length - 1; i >= 0; i--) writer.varint(tensor.shape[i]!);
  writer.nested(26, shape);
  writer.string(18, datatypeOf[tensor.type]);
  writer.string(10, name);
  writer.nested(42, mark);
}

function writeParameter(key: string, value: string): void {
  const mark = writer.written;
  writer.string(26, value);
  writer.nested(18, mark);
  writer.string(10, key);
  writer.nested(34, mark);
}

/** Small tensors pass through these: to ask a small typed array for its buffer costs more than to write it. */
const smallBytes = 64;
const scratch = new Uint8Array(smallBytes);
const scratchFloats = new Float32Array(scratch.buffer);
const scratchWide = new BigInt64Array(scratch.buffer);

function writeRaw(data: TensorData): void {
  if (!isTexts(data)) {
    const { byteLength, length } = data;
    if (byteLength <= smallBytes && data instanceof Float32Array) {
      for (let i = 0; i < length; i++) scratchFloats[i] = data[i]!;
      writer.raw(scratch, byteLength);
      return;
    }
    if (byteLength <= smallBytes && data instanceof BigInt64Array) {
      for (let i = 0; i < length; i++) scratchWide[i] = data[i]!;
      writer.raw(scratch, byteLength);
      return;
    }
    writer.raw(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return;
  }
  for (let i = data.length - 1; i >= 0; i--) {
    const mark = writer.written;
    writer.text(data[i]!);
    writer.uint32(writer.written - mark);
  }
}

/** `InferTensorContents` */
function writeContents({ type, data }: Tensor): void {
  const mark = writer.written;
  if (isTexts(data)) for (let i = data.length - 1; i >= 0; i--) writer.string(66, data[i]!);
  else {
    switch (type) {
      case 'float32':
      case 'float64':
        writeRaw(data);
        break;
      case 'int64':
      case 'uint64':
        writeWide(data as BigInt64Array | BigUint64Array);
        break;
      default:
        writeIntegers(data as Exclude<typeof data, BigInt64Array | BigUint64Array>);
    }
    writer.nested(contentsTag(type), mark);
  }
  writer.nested(42, mark);
}

function writeWide(data: BigInt64Array | BigUint64Array): void {
  const halves = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length);
  for (let i = data.length - 1; i >= 0; i--) writer.varint64(halves[2 * i]!, halves[2 * i + 1]!);
}

function writeIntegers(data: Exclude<TensorData, readonly string[] | BigInt64Array | BigUint64Array>): void {
  for (let i = data.length - 1; i >= 0; i--) {
    const value = data[i]!;
    if (value < 0) writer.varint64(value >>> 0, 0xffffffff);
    else writer.varint(value);
  }
}

function contentsTag(type: Tensor['type']): number {
  switch (type) {
    case 'bool':
      return 10;
    case 'int8':
    case 'int16':
    case 'int32':
      return 18;
    case 'int64':
      return 26;
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return 34;
    case 'uint64':
      return 42;
    case 'float32':
      return 50;
    case 'float64':
      return 58;
    case 'string':
      return 66;
    case 'float16':
      throw new TypeError('float16 has no typed contents');
  }
}

const isTexts = (data: TensorData): data is readonly string[] => Array.isArray(data);

if (endianness() !== 'LE') throw new Error('raw tensors are little-endian, and this machine is not');
