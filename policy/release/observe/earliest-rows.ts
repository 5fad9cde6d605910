import type { Corrections } from '../../../contracts/serving/corrections.ts';
import type { CompactSegment } from './log-columns.ts';

/** Earlier in time; ties are broken by what the rows say, so that the order of reading does not matter. */
function earlier(a: CompactSegment, i: number, b: CompactSegment, j: number): boolean {
  // Time first, and only then what tells two rows of one time apart.
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

/** Whether the first of two feedbacks counts rather than the second. */
function corrects(corrections: Corrections, a: CompactSegment, i: number, b: CompactSegment, j: number): boolean {
  if (corrections === 'last') return earlier(b, j, a, i);
  const [known, other] = [a.isError[i] === 1, b.isError[j] === 1];
  if (known !== other) return known;
  return known ? earlier(b, j, a, i) : earlier(a, i, b, j);
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

/** Words of a slot: the number of the segment and 1, or 0 where it is free; row; tag; the halves of the hash. */
const [rowWord, tagWord, highWord, lowWord, slotWords] = [1, 2, 3, 4, 5];

/**
 * The earliest of the rows that have a tag and a 64-bit hash in common, in any order: a hash table
 * with open addressing. An analysis puts millions of rows into it, each anywhere, so what is asked of a slot lies together, and so do
 * the slots of a hash under different tags.
 */
export class EarliestRows {
  readonly #segments: readonly CompactSegment[];
  readonly #corrections: Corrections;
  readonly #corrected: readonly number[];
  /** A power of two. */
  #slots: number;
  #count = 0;
  #words: Int32Array;
  /** Says nothing; were it not kept, the engine would see that nobody wants what is fetched. */
  fetched = 0;

  /** `expected` rows need no growth. Under the `corrected` tags that row is kept which `corrections` says. */
  constructor(
    segments: readonly CompactSegment[],
    expected: number,
    corrections: Corrections = 'first',
    corrected: readonly number[] = [],
  ) {
    this.#segments = segments;
    this.#corrections = corrections;
    this.#corrected = corrections === 'first' ? [] : corrected;
    this.#slots = 2 ** Math.ceil(Math.log2(2 * Math.max(expected, 512)));
    this.#words = new Int32Array(this.#slots * slotWords);
  }

  /** Rows that are the earliest of something. */
  get count(): number {
    return this.#count;
  }

  /** Takes a row of the segment of that number; `tag` is any whole number. */
  add(tag: number, high: number, low: number, number: number, row: number): void {
    const slot = this.slotOf(tag, high, low);
    const words = this.#words;
    const at = slot * slotWords;
    const known = words[at]! - 1;
    if (known < 0) {
      words[at + tagWord] = tag;
      words[at + highWord] = high;
      words[at + lowWord] = low;
      this.#count += 1;
    } else {
      const other = words[at + rowWord]!;
      const [ours, theirs] = [this.#segments[number]!, this.#segments[known]!];
      const goesFirst = this.#corrected.includes(tag)
        ? corrects(this.#corrections, ours, row, theirs, other)
        : earlier(ours, row, theirs, other);
      if (!goesFirst) return;
    }
    words[at] = number + 1;
    words[at + rowWord] = row;
    if (2 * this.#count > this.#slots) this.#grow();
  }

  /**
   * Brings the slots of the rows' hashes closer. Each lies anywhere in memory, and waiting for one after the other is most of what
   * an analysis would take: these loads do not wait for each other.
   */
  fetch(lows: Uint32Array, begin: number, end: number): void {
    const mask = this.#slots - 1;
    const words = this.#words;
    let sum = 0;
    for (let row = begin; row < end; row += 1) sum += words[(lows[row]! & mask) * slotWords]!;
    this.fetched = sum;
  }

  /** Number of the segment; -1 for a free slot. */
  numberAt(slot: number): number {
    return this.#words[slot * slotWords]! - 1;
  }

  rowAt(slot: number): number {
    return this.#words[slot * slotWords + rowWord]!;
  }

  /** By segment and row: the sum of `bit(tag)` of the tags under which the row is the earliest. Rows are then read in their order. */
  marks(bit: (tag: number) => number): Uint8Array[] {
    const marks = this.#segments.map(({ rows }) => new Uint8Array(rows));
    const words = this.#words;
    for (let at = 0; at < words.length; at += slotWords) {
      const number = words[at]! - 1;
      // An index of -1 would be looked up as a name.
      if (number < 0) continue;
      const rows = marks[number]!;
      const row = words[at + rowWord]!;
      rows[row] = rows[row]! | bit(words[at + tagWord]!);
    }
    return marks;
  }

  /** Slot of the row with that tag and hash, or the free one where it would be. */
  slotOf(tag: number, high: number, low: number): number {
    const mask = this.#slots - 1;
    const words = this.#words;
    const [signedHigh, signedLow] = [high | 0, low | 0];
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const at = slot * slotWords;
      if (words[at] === 0) return slot;
      if (words[at + lowWord] === signedLow && words[at + highWord] === signedHigh && words[at + tagWord] === tag)
        return slot;
    }
  }

  #grow(): void {
    const words = this.#words;
    this.#slots *= 2;
    this.#words = new Int32Array(this.#slots * slotWords);
    for (let at = 0; at < words.length; at += slotWords) {
      if (words[at] === 0) continue;
      const slot = this.slotOf(words[at + tagWord]!, words[at + highWord]!, words[at + lowWord]!);
      for (let word = 0; word < slotWords; word += 1) this.#words[slot * slotWords + word] = words[at + word]!;
    }
  }
}
