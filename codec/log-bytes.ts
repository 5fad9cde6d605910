import { sizeOf, type Tensor, type TensorData, type TensorType } from '../contracts/data/tensor.ts';

/** Where the machine's own order of bytes is that of the log, arrays are copied as they are. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Values from which copying an array costs less than writing one by one. */
const worthCopying = 16;

/** Characters of a text from which the encoder costs less than writing one by one. */
const worthEncoding = 100;
const encoder = new TextEncoder();

/** Writes little-endian values into a buffer that grows. Whoever writes reserves first. */
export class ByteWriter {
  bytes: Uint8Array;
  view: DataView;
  at = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = viewOf(this.bytes);
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    const needed = this.at + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.at));
    this.use(grown, this.at);
  }

  /** Goes on in another buffer. */
  use(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.at = at;
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** Of 0 to 2^32 - 1, in one to five bytes. */
  count(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  float(value: number): void {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** One byte per character where that is enough, else two; so any text comes back, also one that is not well-formed. Reserves itself. */
  text(value: string): void {
    const { length } = value;
    this.reserve(length * 2 + 5);
    const begin = this.at;
    this.count(length * 2);
    const { bytes } = this;
    let { at } = this;
    if (length > worthEncoding && encoder.encodeInto(value, bytes.subarray(at, at + length)).read === length) {
      // It had room for ASCII alone, which is what is to be written.
      this.at = at + length;
      return;
    }
    for (let i = 0; i < length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 0xff) {
        this.at = begin;
        this.#wideText(value);
        return;
      }
      bytes[at++] = unit;
    }
    this.at = at;
  }

  #wideText(value: string): void {
    this.count(value.length * 2 + 1);
    for (let i = 0; i < value.length; i += 1) {
      this.view.setUint16(this.at, value.charCodeAt(i), true);
      this.at += 2;
    }
  }

  /**
   * The values alone: who reads must know type and number. Reserves itself. Throws a `RangeError` where there are not `count` of
   * them. A branch per type keeps each access of an array one that the engine can compile for its class.
   */
  values({ type, data }: Tensor, count: number): void {
    switch (type) {
      case 'float32':
        return this.#float32(data as Float32Array, count);
      case 'string':
        return this.#strings(data as readonly string[], count);
      case 'int64':
        return this.#int64(data as BigInt64Array, count);
      case 'float64':
        return this.#float64(data as Float64Array, count);
      case 'uint64':
        return this.#int64(data as BigUint64Array, count);
      case 'bool':
      case 'int8':
      case 'int16':
      case 'int32':
      case 'uint8':
      case 'uint16':
      case 'uint32':
      case 'float16':
        return this.#integers(data as Integers, count);
    }
  }

  #strings(data: readonly string[], count: number): void {
    if (data.length !== count) throw wrongNumber(data.length, count);
    for (let i = 0; i < count; i += 1) this.text(data[i]!);
  }

  #float32(data: Float32Array, count: number): void {
    if (data.length !== count) throw wrongNumber(data.length, count);
    this.reserve(count * 4);
    if (count > worthCopying && isLittleEndian) return this.#copy(data);
    for (let i = 0; i < count; i += 1, this.at += 4) this.view.setFloat32(this.at, data[i]!, true);
  }

  #float64(data: Float64Array, count: number): void {
    if (data.length !== count) throw wrongNumber(data.length, count);
    this.reserve(count * 8);
    if (count > worthCopying && isLittleEndian) return this.#copy(data);
    for (let i = 0; i < count; i += 1, this.at += 8) this.view.setFloat64(this.at, data[i]!, true);
  }

  #int64(data: BigInt64Array | BigUint64Array, count: number): void {
    if (data.length !== count) throw wrongNumber(data.length, count);
    this.reserve(count * 8);
    if (count > worthCopying && isLittleEndian) return this.#copy(data);
    for (let i = 0; i < count; i += 1, this.at += 8) this.view.setBigUint64(this.at, data[i]!, true);
  }

  #integers(data: Integers, count: number): void {
    if (data.length !== count) throw wrongNumber(data.length, count);
    const bytes = data.BYTES_PER_ELEMENT;
    this.reserve(count * bytes);
    if (count > worthCopying && isLittleEndian) return this.#copy(data);
    const { view } = this;
    for (let i = 0; i < count; i += 1, this.at += bytes)
      if (bytes === 1) view.setUint8(this.at, data[i]!);
      else if (bytes === 2) view.setUint16(this.at, data[i]!, true);
      else view.setUint32(this.at, data[i]!, true);
  }

  #copy(data: Exclude<TensorData, readonly string[]>): void {
    this.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), this.at);
    this.at += data.byteLength;
  }
}

type Integers = Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

const wrongNumber = (found: number, expected: number): RangeError =>
  new RangeError(`it has ${found} values, not the ${expected} of its shape`);

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads what a `ByteWriter` wrote. Throws a `RangeError` where the bytes end too early. */
export class ByteReader {
  readonly #view: DataView;
  readonly #buffer: Buffer;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = viewOf(bytes);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.at++);
  }

  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  float(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  text(): string {
    const head = this.count();
    const wide = head % 2 === 1;
    const length = this.#remaining((head - (head % 2)) / 2, wide ? 2 : 1);
    const from = this.at;
    this.at += wide ? length * 2 : length;
    // Two bytes a character, the lower one first, independent of the machine's own order.
    return this.#buffer.toString(wide ? 'utf16le' : 'latin1', from, this.at);
  }

  tensor(type: TensorType, shape: readonly number[]): Tensor {
    const length = sizeOf(shape);
    if (type !== 'string') return { type, shape, data: this.#numbers(type, length) };
    const data: string[] = [];
    // Not made at its length: a wrong one must not take memory.
    for (let i = 0; i < length; i += 1) data.push(this.text());
    return { type, shape, data };
  }

  #numbers(type: Exclude<TensorType, 'string'>, length: number): TensorData {
    if (type === 'float32') return this.#float32(length);
    const view = this.#view;
    const { read, bytes, make } = numberTypes[type];
    const data = make(this.#remaining(length, bytes));
    for (let i = 0; i < length; i += 1) data[i] = read(view, this.at + i * bytes);
    this.at += length * bytes;
    return data as TensorData;
  }

  /** What most tensors hold, in a loop that the engine compiles for it alone. */
  #float32(length: number): Float32Array {
    const data = new Float32Array(this.#remaining(length, 4));
    const view = this.#view;
    for (let i = 0; i < length; i += 1, this.at += 4) data[i] = view.getFloat32(this.at, true);
    return data;
  }

  #remaining(length: number, bytes: number): number {
    if (this.at + length * bytes > this.#view.byteLength) throw new RangeError('the bytes end too early');
    return length;
  }
}

interface NumberType {
  readonly bytes: number;
  readonly make: (length: number) => { [index: number]: number | bigint };
  readonly read: (view: DataView, at: number) => number | bigint;
}

const numberTypes: Readonly<Record<Exclude<TensorType, 'string'>, NumberType>> = {
  bool: { bytes: 1, make: (length) => new Uint8Array(length), read: (view, at) => view.getUint8(at) },
  uint8: { bytes: 1, make: (length) => new Uint8Array(length), read: (view, at) => view.getUint8(at) },
  int8: { bytes: 1, make: (length) => new Int8Array(length), read: (view, at) => view.getInt8(at) },
  int16: { bytes: 2, make: (length) => new Int16Array(length), read: (view, at) => view.getInt16(at, true) },
  uint16: { bytes: 2, make: (length) => new Uint16Array(length), read: (view, at) => view.getUint16(at, true) },
  float16: { bytes: 2, make: (length) => new Uint16Array(length), read: (view, at) => view.getUint16(at, true) },
  int32: { bytes: 4, make: (length) => new Int32Array(length), read: (view, at) => view.getInt32(at, true) },
  uint32: { bytes: 4, make: (length) => new Uint32Array(length), read: (view, at) => view.getUint32(at, true) },
  int64: { bytes: 8, make: (length) => new BigInt64Array(length), read: (view, at) => view.getBigInt64(at, true) },
  uint64: { bytes: 8, make: (length) => new BigUint64Array(length), read: (view, at) => view.getBigUint64(at, true) },
  float32: { bytes: 4, make: (length) => new Float32Array(length), read: (view, at) => view.getFloat32(at, true) },
  float64: { bytes: 8, make: (length) => new Float64Array(length), read: (view, at) => view.getFloat64(at, true) },
};
