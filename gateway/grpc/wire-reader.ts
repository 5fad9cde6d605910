import { badRequest } from '../call/http-error.ts';

const groupDepth = 32;
/** Fields of a message and of those in it: each costs time, and the smallest takes two bytes. */
const mostFields = 100_000;

/**
 * Reads protobuf wire format from `[pos, end)` of a buffer. A protobuf library's reader would make an object per field and
 * `Long`s; here a request becomes tensors directly. Throws `HttpError` 400 if the bytes are not protobuf.
 */
export class WireReader {
  readonly bytes: Buffer;
  pos: number;
  end: number;
  /** Halves of the last varint, unsigned. */
  low = 0;
  high = 0;
  #fields = 0;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  /** The next field as `number << 3 | wire type`; 0 at the end. */
  tag(): number {
    if (this.pos >= this.end) return 0;
    this.#fields += 1;
    if (this.#fields > mostFields)
      throw badRequest(`the message has more than ${mostFields} fields: send values packed, or in raw_input_contents`);
    this.varint();
    if (this.high !== 0 || this.low < 8) throw malformed();
    return this.low;
  }

  /** Reads into `low` and `high`. */
  varint(): void {
    const { bytes, end } = this;
    let { pos } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw malformed();
      const byte = bytes[pos++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte < 128) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        this.pos = pos;
        return;
      }
    }
    throw malformed();
  }

  /** A signed 64-bit integer; inexact beyond 2^53. */
  int64(): number {
    this.varint();
    return (this.high | 0) * 4294967296 + this.low;
  }

  uint64(): number {
    this.varint();
    return this.high * 4294967296 + this.low;
  }

  bool(): boolean {
    this.varint();
    return this.low !== 0 || this.high !== 0;
  }

  float(): number {
    this.need(4);
    const value = this.bytes.readFloatLE(this.pos);
    this.pos += 4;
    return value;
  }

  double(): number {
    this.need(8);
    const value = this.bytes.readDoubleLE(this.pos);
    this.pos += 8;
    return value;
  }

  /** Where the length-delimited field that starts here ends; `pos` is its first byte. */
  span(): number {
    this.varint();
    if (this.high !== 0) throw malformed();
    this.need(this.low);
    return this.pos + this.low;
  }

  string(): string {
    const end = this.span();
    const start = this.pos;
    this.pos = end;
    return textOf(this.bytes, start, end);
  }

  /** A string that comes again and again, such as the name of an input. */
  name(): string {
    const end = this.span();
    const start = this.pos;
    this.pos = end;
    return nameOf(this.bytes, start, end);
  }

  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.need(8);
        this.pos += 8;
        return;
      case 2:
        this.pos = this.span();
        return;
      case 3:
        if (depth >= groupDepth) throw malformed();
        for (;;) {
          const inner = this.tag();
          if (inner === 0) throw malformed();
          if ((inner & 7) === 4) return;
          this.skip(inner, depth + 1);
        }
      case 5:
        this.need(4);
        this.pos += 4;
        return;
      default:
        throw malformed();
    }
  }

  private need(count: number): void {
    if (count > this.end - this.pos) throw malformed();
  }
}

const seen: string[] = Array.from({ length: 256 }, () => '');
const longestName = 48;

/** The same string as last time where the bytes are: it is not made again, and its hash is known already. */
function nameOf(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length === 0 || length > longestName) return textOf(bytes, start, end);
  let slot = length;
  for (let at = start; at < end; at++) slot = (slot * 31 + bytes[at]!) & 255;
  const known = seen[slot]!;
  if (known.length === length) {
    let at = 0;
    while (at < length && known.charCodeAt(at) === bytes[start + at]) at++;
    if (at === length) return known;
  }
  const text = textOf(bytes, start, end);
  // Text beyond ASCII is shorter than its bytes; the replacement character is not a byte. Neither can match by mistake.
  if (text.length === length) seen[slot] = text;
  return text;
}

/** Short names are quicker by the letter than by a call into the runtime. */
export function textOf(bytes: Buffer, start: number, end: number): string {
  if (end - start > 8) return bytes.toString('utf8', start, end);
  let text = '';
  for (let at = start; at < end; at++) {
    const code = bytes[at]!;
    if (code > 127) return bytes.toString('utf8', start, end);
    text += String.fromCharCode(code);
  }
  return text;
}

const malformed = () =>
  badRequest('the message is not protobuf of this method: it ends early or holds a field that cannot be');
