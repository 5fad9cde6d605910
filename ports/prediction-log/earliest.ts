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
  return one < other;
}

const telling = ['idHigh', 'idLow', 'version', 'isCanary', 'isError', 'share', 'ms', 'keyHigh', 'keyLow'] as const;
const textsAt = ({ texts, instance, label }: CompactSegment, row: number): string =>
  JSON.stringify([textAt(texts, instance, row), textAt(texts, label, row)]);

export const textAt = (texts: readonly string[], codes: Int32Array, row: number): string | null =>
  texts[codes[row] ?? -1] ?? null;

/** Of a row that is there. */
export const numberAt = (values: Float64Array | Int32Array | Uint32Array, row: number): number => values[row] ?? NaN;

/**
 * The earliest of the rows that have a tag and an id or key in common, whatever the order in which they come. A hash table in
 * typed arrays, open addressing: a look puts hundreds of thousands of rows into it.
 */
export class EarliestRows {
  readonly #segments: readonly CompactSegment[];
  readonly #high: 'idHigh' | 'keyHigh';
  readonly #low: 'idLow' | 'keyLow';
  #mask = 1_023;
  /** By slot: number of the segment and 1, or 0 where the slot is free. */
  #segment = new Int32Array(this.#mask + 1);
  #row = new Int32Array(this.#mask + 1);
  #tag = new Int32Array(this.#mask + 1);
  #size = 0;

  constructor(segments: readonly CompactSegment[], by: 'id' | 'key') {
    this.#segments = segments;
    this.#high = by === 'id' ? 'idHigh' : 'keyHigh';
    this.#low = by === 'id' ? 'idLow' : 'keyLow';
  }

  /** Takes a row of the segment of that number; `tag` is any whole number. */
  add(tag: number, number: number, row: number): void {
    const segment = this.#segments[number];
    if (segment === undefined) return;
    const slot = this.#slotOf(tag, segment[this.#high][row], segment[this.#low][row]);
    const known = this.#at(slot);
    if (known !== null && !earlier(segment, row, known, numberAt(this.#row, slot))) return;
    this.#set(slot, tag, number + 1, row);
    if (known === null) this.#size += 1;
    if (2 * this.#size > this.#mask) this.#grow();
  }

  /** Row with the tag whose id or key is the id of the given one; null where there is none. */
  sameId(tag: number, of: CompactSegment, row: number): { segment: CompactSegment; row: number } | null {
    const slot = this.#slotOf(tag, of.idHigh[row], of.idLow[row]);
    const segment = this.#at(slot);
    return segment === null ? null : { segment, row: numberAt(this.#row, slot) };
  }

  /** `number` is that of the segment. */
  forEach(take: (segment: CompactSegment, row: number, tag: number, number: number) => void): void {
    for (let slot = 0; slot <= this.#mask; slot += 1) {
      const segment = this.#at(slot);
      if (segment !== null)
        take(segment, numberAt(this.#row, slot), numberAt(this.#tag, slot), numberAt(this.#segment, slot) - 1);
    }
  }

  #at(slot: number): CompactSegment | null {
    return this.#segments[numberAt(this.#segment, slot) - 1] ?? null;
  }

  #set(slot: number, tag: number, segment: number, row: number): void {
    this.#segment[slot] = segment;
    this.#row[slot] = row;
    this.#tag[slot] = tag;
  }

  /** Slot of what is known under that tag and hash, else the free one where it belongs. */
  #slotOf(tag: number, high: number | undefined, low = 0): number {
    for (let slot = (low ^ Math.imul(tag, 0x9e3779b1)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const segment = this.#at(slot);
      if (segment === null) return slot;
      const row = numberAt(this.#row, slot);
      if (this.#tag[slot] === tag && segment[this.#low][row] === low && segment[this.#high][row] === high) return slot;
    }
  }

  #grow(): void {
    const [segments, rows, tags] = [this.#segment, this.#row, this.#tag];
    this.#mask = 4 * (this.#mask + 1) - 1;
    this.#segment = new Int32Array(this.#mask + 1);
    this.#row = new Int32Array(this.#mask + 1);
    this.#tag = new Int32Array(this.#mask + 1);
    for (const [slot, number] of segments.entries()) {
      const segment = this.#segments[number - 1];
      const [row, tag] = [numberAt(rows, slot), numberAt(tags, slot)];
      if (segment !== undefined)
        this.#set(this.#slotOf(tag, segment[this.#high][row], segment[this.#low][row]), tag, number, row);
    }
  }
}
