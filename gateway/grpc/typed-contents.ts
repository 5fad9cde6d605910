import { isUtf8 } from 'node:buffer';
import type { TensorData } from '../../contracts/data/tensor.ts';
import { badRequest } from '../call/http-error.ts';
import type { Datatype } from '../call/infer-request.ts';
import { ValueRoom } from '../protocol/value-limits.ts';
import { textOf, WireReader } from './wire-reader.ts';

const fieldOf: Readonly<Record<Datatype, number | null>> = {
  BOOL: 1,
  INT8: 2,
  INT16: 2,
  INT32: 2,
  INT64: 3,
  UINT8: 4,
  UINT16: 4,
  UINT32: 4,
  UINT64: 5,
  FP16: null,
  FP32: 6,
  FP64: 7,
  BYTES: 8,
};

/** Wire type of one value of each field, where it is not packed. */
const wireTypes = [-1, 0, 0, 0, 0, 0, 5, 1, 2];

const fieldNames = [
  '',
  'bool_contents',
  'int_contents',
  'int64_contents',
  'uint_contents',
  'uint64_contents',
  'fp32_contents',
  'fp64_contents',
  'bytes_contents',
] as const;

/** `InferTensorContents`: `size` values of one tensor, packed or not. Throws `HttpError` 400, or 413 for too many. */
export function decodeContents(
  name: string,
  datatype: Datatype,
  size: number,
  reader: WireReader,
  room = new ValueRoom(),
): TensorData {
  const field = fieldOf[datatype];
  if (field === null)
    throw badRequest(`input "${name}": ${datatype} has no typed contents, send it in raw_input_contents`);
  // A value takes a byte at least: whoever claims more is refused before memory is taken for them.
  if (size > reader.end - reader.pos) throw tooFew(name, size);
  if (datatype === 'BYTES') room.takeTexts(name, size, reader.end - reader.pos);
  else room.takeNumbers(name, size);
  const sink = sinkOf(datatype, size);
  let count = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const number = tag >>> 3;
    if (number !== field) {
      if (number > 8) {
        reader.skip(tag);
        continue;
      }
      throw badRequest(
        `input "${name}": ${datatype} values belong in ${fieldNames[field]}, and there are some in ${fieldNames[number]}`,
      );
    }
    const packed = field !== 8 && (tag & 7) === 2;
    if (!packed && (tag & 7) !== wireTypes[field])
      throw badRequest(`input "${name}": ${fieldNames[field]} is malformed`);
    const end = packed ? reader.span() : -1;
    while (packed ? reader.pos < end : end === -1) {
      if (count === size) throw badRequest(`input "${name}" has more values than the ${size} of its shape`);
      if (!sink.take(reader, count))
        throw badRequest(
          `input "${name}": value ${count} ${datatype === 'BYTES' ? 'is not UTF-8' : `is out of the range of ${datatype}`}`,
        );
      count += 1;
      if (!packed) break;
    }
    if (packed && reader.pos !== end) throw badRequest(`input "${name}": ${fieldNames[field]} ends within a value`);
  }
  if (count < size) throw tooFew(name, size);
  return sink.data;
}

const tooFew = (name: string, size: number) =>
  badRequest(`input "${name}" has fewer values than the ${size} of its shape`);

interface Sink {
  readonly data: TensorData;
  /** Reads one value; false where it does not fit. */
  readonly take: (reader: WireReader, index: number) => boolean;
}

function sinkOf(datatype: Datatype, size: number): Sink {
  switch (datatype) {
    case 'BOOL': {
      const data = new Uint8Array(size);
      return { data, take: (reader, index) => ((data[index] = reader.bool() ? 1 : 0), true) };
    }
    case 'INT8':
      return integers(new Int8Array(size), true);
    case 'INT16':
      return integers(new Int16Array(size), true);
    case 'INT32':
      return integers(new Int32Array(size), true);
    case 'UINT8':
      return integers(new Uint8Array(size), false);
    case 'UINT16':
      return integers(new Uint16Array(size), false);
    case 'UINT32':
      return integers(new Uint32Array(size), false);
    case 'INT64':
      return wide(new BigInt64Array(size));
    case 'UINT64':
      return wide(new BigUint64Array(size));
    case 'FP32': {
      const data = new Float32Array(size);
      return { data, take: (reader, index) => ((data[index] = reader.float()), true) };
    }
    case 'FP64': {
      const data = new Float64Array(size);
      return { data, take: (reader, index) => ((data[index] = reader.double()), true) };
    }
    case 'FP16':
    case 'BYTES': {
      const data: string[] = [];
      return {
        data,
        take(reader) {
          const end = reader.span();
          const text = textOf(reader.bytes, reader.pos, end);
          const valid = !text.includes('\ufffd') || isUtf8(reader.bytes.subarray(reader.pos, end));
          data.push(text);
          reader.pos = end;
          return valid;
        },
      };
    }
  }
}

type Integers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

const integers = (data: Integers, signed: boolean): Sink => ({
  data,
  take(reader, index) {
    const value = signed ? reader.int64() : reader.uint64();
    data[index] = value;
    return data[index] === value;
  },
});

function wide(data: BigInt64Array | BigUint64Array): Sink {
  const halves = new Uint32Array(data.buffer);
  return {
    data,
    take(reader, index) {
      reader.varint();
      halves[2 * index] = reader.low;
      halves[2 * index + 1] = reader.high;
      return true;
    },
  };
}
