const usualBytes = 64 * 1024;
const keptBytes = 1024 * 1024;

/**
 * Writes protobuf wire format from the back to the front, so that the length of a nested message is known when its head is
 * written. One buffer serves all messages: what `finish` returns holds until the next `begin`.
 */
export class WireWriter {
  private bytes = Buffer.allocUnsafeSlow(usualBytes);
  /** First byte written. */
  private pos = usualBytes;

  begin(): void {
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafeSlow(usualBytes);
    this.pos = this.bytes.length;
  }

  finish(): Buffer {
    return this.bytes.subarray(this.pos);
  }

  /** Bytes written so far: a mark that `nested` takes. */
  get written(): number {
    return this.bytes.length - this.pos;
  }

  /** Heads what was written since `mark` as a length-delimited field. */
  nested(tag: number, mark: number): void {
    this.varint(this.written - mark);
    this.varint(tag);
  }

  string(tag: number, text: string): void {
    const mark = this.written;
    this.text(text);
    this.nested(tag, mark);
  }

  text(text: string): void {
    const size = Buffer.byteLength(text);
    this.room(size);
    this.pos -= size;
    this.bytes.write(text, this.pos, size);
  }

  raw(bytes: Uint8Array, size = bytes.length): void {
    this.room(size);
    this.pos -= size;
    // A copy by a call costs more than a few bytes do.
    if (size > 64) this.bytes.set(bytes, this.pos);
    else for (let i = 0; i < size; i++) this.bytes[this.pos + i] = bytes[i]!;
  }

  uint32(value: number): void {
    this.room(4);
    this.pos -= 4;
    this.bytes.writeUInt32LE(value, this.pos);
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    if (value < 128) {
      this.room(1);
      this.bytes[--this.pos] = value;
      return;
    }
    this.varint64(value >>> 0, Math.floor(value / 4294967296));
  }

  /** By unsigned halves. */
  varint64(low: number, high: number): void {
    this.room(10);
    const size = varintSize(low, high);
    this.pos -= size;
    for (let i = 0; i < size - 1; i++) {
      this.bytes[this.pos + i] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.bytes[this.pos + size - 1] = low & 127;
  }

  private room(size: number): void {
    if (size <= this.pos) return;
    const { written } = this;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, written + size));
    larger.set(this.bytes.subarray(this.pos), larger.length - written);
    this.bytes = larger;
    this.pos = larger.length - written;
  }
}

function varintSize(low: number, high: number): number {
  const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
  return Math.max(1, Math.ceil(bits / 7));
}
