import { createHash } from 'node:crypto';
import { tensorTypes, type Tensor, type TensorType } from '../../contracts/data/tensor.ts';

/** Up to here the bytes themselves are the key, above their SHA-256. */
const longestExact = 1_024;
/** A scratch buffer that grew beyond this is let go after the request. */
const largestKept = 1024 * 1024;

let scratch = Buffer.alloc(4_096);
let used = 0;

const codes = Object.fromEntries(tensorTypes.map((type, code) => [type, code])) as Readonly<Record<TensorType, number>>;

/**
 * Key of a version's answer to its inputs as the model gets them: equal exactly where version, names, types, shapes and values
 * are. All NaNs are one value (they mean missing), 0 and -0 are two. Outputs are not part of it, since a version always computes all.
 */
export function requestKey(version: number, feeds: Readonly<Record<string, Tensor>>): string {
  used = 0;
  writeNumber(version);
  for (const name in feeds) {
    const tensor = feeds[name]!;
    writeText(name);
    writeNumber(codes[tensor.type]);
    writeNumber(tensor.shape.length);
    for (let axis = 0; axis < tensor.shape.length; axis++) writeNumber(tensor.shape[axis]!);
    writeData(tensor);
  }
  // Exact keys start with "=", hashed ones with "#", so that they never meet.
  if (used <= longestExact) return `=${scratch.toString('latin1', 0, used)}`;
  const key = `#${createHash('sha256').update(scratch.subarray(0, used)).digest('binary')}`;
  if (scratch.length > largestKept) scratch = Buffer.alloc(4_096);
  return key;
}

/** Makes room for `bytes` more. */
function reserve(bytes: number): void {
  if (used + bytes <= scratch.length) return;
  const larger = Buffer.alloc(Math.max(scratch.length * 2, used + bytes));
  larger.set(scratch.subarray(0, used));
  scratch = larger;
}

/** One byte below 255, else nine: no number's bytes begin another's. */
function writeNumber(value: number): void {
  reserve(9);
  if (value < 255) {
    scratch[used] = value;
    used += 1;
    return;
  }
  scratch[used] = 255;
  scratch.writeDoubleLE(value, used + 1);
  used += 9;
}

/** As UTF-16, since two texts with different lone surrogates have the same UTF-8. */
function writeText(text: string): void {
  writeNumber(text.length);
  const bytes = 2 * text.length;
  reserve(bytes);
  if (text.length > 32) scratch.write(text, used, 'utf16le');
  else
    for (let i = 0, at = used; i < text.length; i++, at += 2) {
      const unit = text.charCodeAt(i);
      scratch[at] = unit & 255;
      scratch[at + 1] = unit >> 8;
    }
  used += bytes;
}

/** The size follows from the shape before it. */
function writeData({ type, data }: Tensor): void {
  if (!ArrayBuffer.isView(data)) {
    for (const text of data) writeText(text);
    return;
  }
  reserve(data.byteLength);
  if (type === 'float32' && data.length === 1) {
    const value = data[0] as number;
    if (Number.isNaN(value)) scratch.writeUInt32LE(nan32, used);
    else scratch.writeFloatLE(value, used);
  } else {
    scratch.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), used);
    if (type === 'float32' || type === 'float64' || type === 'float16') writeNaNs(type, data as FloatData);
  }
  used += data.byteLength;
}

type FloatData = Float32Array | Float64Array | Uint16Array;

const nan32 = 0x7fc00000;
const nan64 = 0x7ff80000;
const nan16 = 0x7e00;

/** Writes one bit pattern over all NaNs of the data, which was copied to where `used` is. */
function writeNaNs(type: 'float16' | 'float32' | 'float64', data: FloatData): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (type === 'float16') {
      if ((value & 0x7fff) > 0x7c00) scratch.writeUInt16LE(nan16, used + 2 * i);
    } else if (Number.isNaN(value)) {
      if (type === 'float32') scratch.writeUInt32LE(nan32, used + 4 * i);
      else {
        scratch.writeUInt32LE(0, used + 8 * i);
        scratch.writeUInt32LE(nan64, used + 8 * i + 4);
      }
    }
  }
}
