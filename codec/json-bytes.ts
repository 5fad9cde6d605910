import { digitsAt, leastScaled, mostScaled, placesOf, shortestFloat32 } from './float32-text.ts';
import { numberOfHalf } from './float16.ts';
import type { Tensor } from '../contracts/data/tensor.ts';

type Tensors = Readonly<Record<string, Tensor>>;

/** Most bytes of a number, of the word null, and of a mark. */
const mostNumber = 32;
const [zero, point, minus, comma] = [0x30, 0x2e, 0x2d, 0x2c];
const [listBegin, listEnd] = [0x5b, 0x5d];
const [objectBegin, objectEnd] = [0x7b, 0x7d];
const nothing = Buffer.from('null');

/**
 * Writes rows of tensors as JSON in UTF-8, one after the other. Made as texts first, the numbers of a wide row would take three
 * times as long. Floats are the shortest decimal that is the same float, whole numbers that no double holds are text, NaN and
 * infinities null.
 */
export class JsonBytes {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #at = 0;
  readonly #names = new Map<string, Buffer>();

  /** Where the next byte goes. */
  get length(): number {
    return this.#at;
  }

  clear(): void {
    this.#at = 0;
  }

  /** Bytes from `begin` to before `end`, in force until something is written or cleared. */
  part(begin: number, end: number): Uint8Array {
    return this.#bytes.subarray(begin, end);
  }

  /** An object of the row's values by tensor: a list where there are several, null where they do not divide among the rows. */
  row(tensors: Tensors, row: number, rows: number): void {
    this.#reserve(mostNumber);
    this.#bytes[this.#at++] = objectBegin;
    let first = true;
    for (const name in tensors) {
      this.#name(name, first);
      first = false;
      this.#values(tensors[name]!, row, rows);
    }
    this.#reserve(mostNumber);
    this.#bytes[this.#at++] = objectEnd;
  }

  #values(tensor: Tensor, row: number, rows: number): void {
    const width = tensor.data.length / rows;
    if (width === 1) return this.#items(tensor, row, row + 1);
    this.#reserve(mostNumber);
    if (!Number.isInteger(width)) return this.#null();
    this.#bytes[this.#at++] = listBegin;
    this.#items(tensor, row * width, (row + 1) * width);
    this.#reserve(mostNumber);
    this.#bytes[this.#at++] = listEnd;
  }

  /** Values of the tensor, a comma between each two. */
  #items({ type, data }: Tensor, begin: number, end: number): void {
    if (type === 'float32') return this.#floats(data as Float32Array, begin, end);
    for (let i = begin; i < end; i += 1) {
      const value = data[i];
      this.#reserve(mostNumber);
      if (i > begin) this.#bytes[this.#at++] = comma;
      if (value === undefined) this.#null();
      else if (typeof value === 'string') this.#text(JSON.stringify(value));
      else if (typeof value === 'bigint') this.#text(wholeJson(value));
      else if (type === 'float16') this.#number(shortestFloat32(numberOfHalf(value)));
      else this.#number(value);
    }
  }

  /** What most values are, in a loop that the engine compiles for them alone. */
  #floats(data: Float32Array, begin: number, end: number): void {
    this.#reserve((end - begin) * mostNumber);
    for (let i = begin; i < end; i += 1) {
      if (i > begin) this.#bytes[this.#at++] = comma;
      const value = data[i]!;
      const size = value < 0 ? -value : value;
      if (size >= leastScaled && size < mostScaled) {
        if (value < 0) this.#bytes[this.#at++] = minus;
        const places = placesOf(size);
        this.#decimal(digitsAt(size, places), places);
      } else if (size === 0) this.#bytes[this.#at++] = zero;
      else this.#number(shortestFloat32(value));
    }
  }

  /** `digits` / 10^`places`, without the zeros at its end. */
  #decimal(digits: number, places: number): void {
    let left = digits;
    let width = places;
    while (width > 0 && left % 10 === 0) {
      left = (left / 10) | 0;
      width -= 1;
    }
    const bytes = this.#bytes;
    let length = digitsOf(left);
    if (width > 0) length = length > width ? length + 1 : width + 2;
    const begin = this.#at;
    this.#at = begin + length;
    let at = this.#at - 1;
    for (let after = width; after > 0; after -= 1, at -= 1) {
      bytes[at] = zero + (left % 10);
      left = (left / 10) | 0;
    }
    if (width > 0) bytes[at--] = point;
    for (; at >= begin; at -= 1) {
      bytes[at] = zero + (left % 10);
      left = (left / 10) | 0;
    }
  }

  #number(value: number): void {
    if (value - value === 0) this.#at += this.#bytes.write(String(value), this.#at, 'latin1');
    else this.#null();
  }

  #null(): void {
    this.#bytes.set(nothing, this.#at);
    this.#at += nothing.length;
  }

  #text(text: string): void {
    // No character takes more than three bytes, and the reserve is for what surrounds it.
    this.#reserve(text.length * 3 + mostNumber);
    this.#at += this.#bytes.write(text, this.#at);
  }

  #name(name: string, first: boolean): void {
    let bytes = this.#names.get(name);
    if (bytes === undefined) {
      bytes = Buffer.from(`,${JSON.stringify(name)}:`);
      this.#names.set(name, bytes);
    }
    this.#reserve(bytes.length + mostNumber);
    const from = first ? 1 : 0;
    for (let i = from; i < bytes.length; i += 1) this.#bytes[this.#at++] = bytes[i]!;
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

const wholeJson = (value: bigint): string =>
  value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? String(value) : `"${value}"`;

/** Decimal digits of a whole number below 10^10. */
function digitsOf(value: number): number {
  if (value < 1e4) return value < 100 ? (value < 10 ? 1 : 2) : value < 1e3 ? 3 : 4;
  if (value < 1e7) return value < 1e5 ? 5 : value < 1e6 ? 6 : 7;
  return value < 1e8 ? 8 : value < 1e9 ? 9 : 10;
}
