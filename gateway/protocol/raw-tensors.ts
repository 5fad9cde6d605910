import { isAscii, isUtf8 } from 'node:buffer';
import { endianness } from 'node:os';
import { sizeOf, type Tensor } from '../../contracts/data/tensor.ts';
import { badRequest } from '../call/http-error.ts';
import type { Datatype, RequestTensor } from '../call/infer-request.ts';
import { arrayOf, type Numbers } from './datatypes.ts';
import { ValueRoom } from './value-limits.ts';

if (endianness() !== 'LE') throw new Error('raw tensors are little-endian, and this machine is not');

/** Below, a copy is as quick as a view, and does not keep the whole body in memory as long as the tensor lives. */
const viewBytes = 4096;

/** Small tensors are put together here: to ask a small typed array for its buffer costs ten times its making. */
const scratchBytes = 64;
const scratch = new Uint8Array(scratchBytes);
const scratchOf = Object.fromEntries(
  Object.entries(arrayOf).map(([datatype, array]) => [
    datatype,
    new array(scratch.buffer, 0, scratchBytes / array.BYTES_PER_ELEMENT),
  ]),
) as Readonly<Record<keyof typeof arrayOf, Numbers>>;

/**
 * Values of one tensor from its raw bytes: little-endian, row-major; a view of the bytes where they are many and aligned. BYTES
 * are UTF-8 texts, each after its length in 4 bytes, for which `room` must have room. Throws `HttpError` 400 where the bytes are not those
 * of the shape, 413 for too many or too long texts.
 */
export function decodeRaw(
  name: string,
  datatype: Datatype,
  shape: readonly number[],
  bytes: Uint8Array,
  room = new ValueRoom(),
): RequestTensor['data'] {
  const size = sizeOf(shape);
  if (datatype === 'BYTES') {
    room.takeTexts(name, size, bytes.length);
    return decodeTexts(name, shape, size, bytes);
  }
  const array = arrayOf[datatype];
  const width = array.BYTES_PER_ELEMENT;
  const { length, byteOffset } = bytes;
  if (length !== size * width)
    throw badRequest(
      `input "${name}": shape [${shape.join(', ')}] of ${datatype} is ${size * width} raw bytes, and ${length} came`,
    );
  if (length >= viewBytes && datatype !== 'BOOL' && byteOffset % width === 0)
    return new array(bytes.buffer, byteOffset, size);
  if (length <= scratchBytes) {
    for (let i = 0; i < length; i++) scratch[i] = bytes[i]!;
    if (datatype === 'BOOL') for (let i = 0; i < length; i++) if (scratch[i] !== 0) scratch[i] = 1;
    return scratchOf[datatype].slice(0, size);
  }
  const data = new array(size);
  const target = new Uint8Array(data.buffer);
  target.set(bytes);
  if (datatype === 'BOOL') for (let i = 0; i < length; i++) if (target[i] !== 0) target[i] = 1;
  return data;
}

const manyTexts = 16;

function decodeTexts(name: string, shape: readonly number[], size: number, bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.length;
  const texts: string[] = [];
  // Cut out of one text they take a fifth of the time.
  const whole = size >= manyTexts && isAscii(buffer) ? buffer.toString('latin1') : null;
  let at = 0;
  while (at < end) {
    if (texts.length === size)
      throw badRequest(`input "${name}": shape [${shape.join(', ')}] is ${size} texts, and the raw bytes hold more`);
    const from = at + 4;
    const to = from <= end ? from + buffer.readUInt32LE(at) : Infinity;
    if (to > end)
      throw badRequest(
        `input "${name}": text ${texts.length} ends beyond the raw bytes: put the length of each, 4 bytes, before it`,
      );
    const text = whole?.slice(from, to) ?? buffer.toString('utf8', from, to);
    if (whole === null && text.includes('\ufffd') && !isUtf8(buffer.subarray(from, to)))
      throw badRequest(`input "${name}": text ${texts.length} is not UTF-8`);
    texts.push(text);
    at = to;
  }
  if (texts.length !== size)
    throw badRequest(
      `input "${name}": shape [${shape.join(', ')}] is ${size} texts, and the raw bytes hold ${texts.length}`,
    );
  return texts;
}

/** Raw bytes of a tensor, as `decodeRaw` reads them; a view of its values where they are numbers. */
export function encodeRaw({ data }: Tensor): Uint8Array {
  if ('buffer' in data) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let length = 0;
  for (const text of data) length += 4 + Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const text of data) {
    const written = bytes.write(text, at + 4);
    bytes.writeUInt32LE(written, at);
    at += 4 + written;
  }
  return bytes;
}
