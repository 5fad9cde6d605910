/** Frames that are in the file but not yet synced: what a failed sync may have lost is written again from here. */
export class RetainedFrames {
  #bytes = new Uint8Array(64 * 1024);
  #length = 0;
  records = 0;

  get length(): number {
    return this.#length;
  }

  add(frames: Uint8Array, records: number): void {
    const length = this.#length + frames.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(frames, this.#length);
    this.#length = length;
    this.records += records;
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.records = 0;
  }
}
