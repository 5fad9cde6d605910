import { bestSplit } from './best-split.ts';
import { columnAt, columnsOfWord, type Binned } from './binned.ts';
import type { Quantized } from './quantize.ts';
import type { ColumnFacts, LeafStats, Split, SplitLimits } from './split.ts';

/** Sums of the packed derivatives by bin of each column, for several leaves at once, and the best split by them. */
export class Histograms {
  readonly #binned: Binned;
  readonly #facts: readonly ColumnFacts[];
  readonly #limits: SplitLimits;
  readonly #slots: Float64Array[] = [];
  /** Rows by bin of the columns that were counted, by slot. */
  readonly #counts: Map<number, Uint32Array>[] = [];
  /** The derivatives of the rows that are summed, in their order. */
  readonly #taken: Float64Array;

  constructor(binned: Binned, facts: readonly ColumnFacts[], limits: SplitLimits) {
    this.#binned = binned;
    this.#facts = facts;
    this.#limits = limits;
    this.#taken = new Float64Array(binned.rows);
  }

  /** Fills a slot with the sums of these rows, for the columns that are active (and those that share a word with them). */
  fill(slot: number, rows: Uint32Array, { packed }: Quantized, active: Uint8Array): void {
    const { words } = this.#binned;
    const sums = (this.#slots[slot] ??= new Float64Array(256 * columnsOfWord * words.length)).fill(0);
    this.#counts[slot] = new Map();
    const taken = this.#taken.subarray(0, rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = packed[rows[i]!]!;
    let first = -1;
    for (let word = 0; word < words.length; word++) {
      if (!active.subarray(columnsOfWord * word, columnsOfWord * (word + 1)).includes(1)) continue;
      if (first < 0) {
        first = word;
        continue;
      }
      addWords(sums, first, word, words[first]!, words[word]!, rows, taken);
      first = -1;
    }
    if (first >= 0) addWord(sums, first, words[first]!, rows, taken);
  }

  /** Makes a parent's slot that of its other child. */
  subtract(parent: number, child: number): void {
    const [sums, less] = [this.#slots[parent]!, this.#slots[child]!];
    for (let i = 0; i < sums.length; i++) sums[i]! -= less[i]!;
    this.#counts[parent] = new Map();
  }

  /** Counts the rows of a slot by the bins of a column, so that its best split knows them. */
  count(slot: number, column: number, rows: Uint32Array): void {
    const counts = new Uint32Array(256);
    const { words, shift } = columnAt(this.#binned, column);
    for (let i = 0; i < rows.length; i++) counts[(words[rows[i]!]! >>> shift) & 255]! += 1;
    this.#counts[slot]!.set(column, counts);
  }

  /** The best split of the leaf whose sums the slot holds; of equally good ones that of the first column. */
  best(slot: number, leaf: LeafStats, { units }: Quantized, active: Uint8Array): Split | null {
    const sums = this.#slots[slot]!;
    let best: Split | null = null;
    for (const facts of this.#facts) {
      if (active[facts.index] === 0) continue;
      const counts = this.#counts[slot]!.get(facts.index) ?? null;
      const scan = { limits: this.#limits, units, counts, toBeat: best?.gain ?? 0 };
      const found = bestSplit(sums.subarray(256 * facts.index, 256 * (facts.index + 1)), facts, leaf, scan);
      if (found !== null && (best === null || found.gain > best.gain)) best = found;
    }
    return best;
  }
}

/** Place of a word's first sum. */
const startOf = (word: number): number => 256 * columnsOfWord * word;

function addWord(sums: Float64Array, word: number, words: Uint32Array, rows: Uint32Array, taken: Float64Array): void {
  const start = startOf(word);
  for (let i = 0; i < rows.length; i++) {
    const bins = words[rows[i]!]!;
    const packed = taken[i]!;
    sums[start + (bins & 255)]! += packed;
    sums[start + 256 + ((bins >>> 8) & 255)]! += packed;
    sums[start + 512 + ((bins >>> 16) & 255)]! += packed;
    sums[start + 768 + (bins >>> 24)]! += packed;
  }
}

/** Eight columns at once: a row is looked up once for all of them, and their sums fit the innermost cache. */
function addWords(
  sums: Float64Array,
  first: number,
  second: number,
  firstWords: Uint32Array,
  secondWords: Uint32Array,
  rows: Uint32Array,
  taken: Float64Array,
): void {
  const start = startOf(first);
  const next = startOf(second);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const bins = firstWords[row]!;
    const others = secondWords[row]!;
    const packed = taken[i]!;
    sums[start + (bins & 255)]! += packed;
    sums[start + 256 + ((bins >>> 8) & 255)]! += packed;
    sums[start + 512 + ((bins >>> 16) & 255)]! += packed;
    sums[start + 768 + (bins >>> 24)]! += packed;
    sums[next + (others & 255)]! += packed;
    sums[next + 256 + ((others >>> 8) & 255)]! += packed;
    sums[next + 512 + ((others >>> 16) & 255)]! += packed;
    sums[next + 768 + (others >>> 24)]! += packed;
  }
}
