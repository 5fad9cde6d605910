import type { CompactSegment } from './read-compact.ts';

/** Earlier in time; ties are broken by what the rows say, so that the order of reading does not matter. */
export function earlier(a: CompactSegment, i: number, b: CompactSegment, j: number): boolean {
  // Time first, and only then whatever tells two rows of one time apart.
  const time = numberAt(a.at, i) - numberAt(b.at, j);
  if (time !== 0) return time < 0;
  for (const name of telling) {
    const difference = numberAt(a[name], i) - numberAt(b[name], j);
    if (difference !== 0) return difference < 0;
  }
  const [one, other] = [textsAt(a, i), textsAt(b, j)];
  if (one !== other) return one < other;
  return (a.value?.[i] ?? NaN) < (b.value?.[j] ?? NaN);
}

const telling = ['idHigh', 'idLow', 'version', 'isCanary', 'isError', 'share', 'ms', 'keyHigh', 'keyLow'] as const;
const textsAt = ({ texts, instance, label }: CompactSegment, row: number): string =>
  JSON.stringify([textAt(texts, instance, row), textAt(texts, label, row)]);

export function textAt(texts: readonly string[], codes: Int32Array, row: number): string | null {
  const code = numberAt(codes, row);
  return code < 0 ? null : (texts[code] ?? null);
}

/** Of a row that is there. */
export const numberAt = (values: Float64Array | Int32Array | Uint32Array, row: number): number => values[row] ?? NaN;

/**
 * The earliest of the rows that have a tag and a 64-bit hash in common, whatever the order in which they come: a hash table
 * in typed arrays, open addressing. A look puts hundreds of thousands of rows into it.
 */
export class EarliestRows {
  readonly #segments: readonly CompactSegment[];
  /** A power of two. */
  #slots: number;
  #count = 0;
  /** By slot: number of the segment and 1, or 0 where the slot is free. */
  #segment: Int32Array;
  #row: Int32Array;
  #tag: Int32Array;
  #high: Uint32Array;
  #low: Uint32Array;

  /** `expected` rows need no growth. */
  constructor(segments: readonly CompactSegment[], expected: number) {
    this.#segments = segments;
    this.#slots = 2 ** Math.ceil(Math.log2(2 * Math.max(expected, 512)));
    this.#segment = new Int32Array(this.#slots);
    this.#row = new Int32Array(this.#slots);
    this.#tag = new Int32Array(this.#slots);
    this.#high = new Uint32Array(this.#slots);
    this.#low = new Uint32Array(this.#slots);
  }

  /** Takes a row of the segment of that number; `tag` is any whole number. */
  add(tag: number, high: number, low: number, number: number, row: number): void {
    const slot = this.slotOf(tag, high, low);
    const known = this.numberAt(slot);
    if (known < 0) {
      this.#tag[slot] = tag;
      this.#high[slot] = high;
      this.#low[slot] = low;
      this.#count += 1;
    } else {
      const [segment, other] = [this.#segments[number], this.#segments[known]];
      if (segment === undefined || other === undefined || !earlier(segment, row, other, this.rowAt(slot))) return;
    }
    this.#segment[slot] = number + 1;
    this.#row[slot] = row;
    if (2 * this.#count > this.#slots) this.#grow();
  }

  /** Number of the segment; -1 for a free slot. */
  numberAt(slot: number): number {
    return (this.#segment[slot] ?? 0) - 1;
  }

  rowAt(slot: number): number {
    return this.#row[slot] ?? -1;
  }

  /** By segment and row: the sum of `bit(tag)` of the tags under which the row is the earliest. Rows are then read in their order. */
  marks(bit: (tag: number) => number): Uint8Array[] {
    const marks = this.#segments.map(({ rows }) => new Uint8Array(rows));
    for (let slot = 0; slot < this.#slots; slot += 1) {
      // An index of -1 would be looked up as a name.
      const number = this.numberAt(slot);
      const rows = number < 0 ? undefined : marks[number];
      if (rows === undefined) continue;
      const row = this.rowAt(slot);
      rows[row] = (rows[row] ?? 0) | bit(this.#tag[slot] ?? 0);
    }
    return marks;
  }

  /** Slot of the row with that tag and hash, or the free one where it would be. */
  slotOf(tag: number, high: number, low: number): number {
    const mask = this.#slots - 1;
    let slot = (low ^ Math.imul(tag, 0x9e3779b1)) & mask;
    while (
      this.#segment[slot] !== 0 &&
      (this.#low[slot] !== low || this.#high[slot] !== high || this.#tag[slot] !== tag)
    )
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const grown = new EarliestRows(this.#segments, 2 * this.#slots);
    for (let slot = 0; slot < this.#slots; slot += 1)
      if (this.#segment[slot] !== 0)
        grown.add(
          this.#tag[slot] ?? 0,
          this.#high[slot] ?? 0,
          this.#low[slot] ?? 0,
          this.numberAt(slot),
          this.rowAt(slot),
        );
    this.#slots = grown.#slots;
    this.#segment = grown.#segment;
    this.#row = grown.#row;
    this.#tag = grown.#tag;
    this.#high = grown.#high;
    this.#low = grown.#low;
  }
}
