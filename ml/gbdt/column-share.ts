import { bestSplit } from './best-split.ts';
import { columnAt, columnsOfWord } from './binned.ts';
import type { Quantized } from './quantize.ts';
import { readAsk, writeSplit, type Ask, type SlotLeaf } from './search.ts';
import type { ColumnFacts, Split, SplitLimits } from './split.ts';
import type { GrowMemory, Team } from './team.ts';

/**
 * A member's columns: sums of the packed derivatives by bin of each, for several leaves at once, and the best split by them. Columns that share a
 * word have one member.
 */
export class ColumnShare {
  readonly #memory: GrowMemory;
  readonly #limits: SplitLimits;
  readonly #member: number;
  /** The words that hold the columns. */
  readonly #first: number;
  readonly #end: number;
  readonly #facts: readonly ColumnFacts[];
  readonly #slots: Float64Array[] = [];
  /** Rows by bin of the columns that were counted, by slot. */
  readonly #counts: Map<number, Uint32Array>[] = [];
  /** The derivatives of the rows that are summed, in their order. */
  readonly #taken: Float64Array;

  constructor(
    memory: GrowMemory,
    facts: readonly ColumnFacts[],
    limits: SplitLimits,
    { member, size }: { readonly member: number } & Pick<Team, 'size'>,
  ) {
    this.#memory = memory;
    this.#limits = limits;
    this.#member = member;
    const words = memory.binned.words.length;
    this.#first = Math.floor((words * member) / size);
    this.#end = Math.floor((words * (member + 1)) / size);
    this.#facts = facts.slice(columnsOfWord * this.#first, columnsOfWord * this.#end);
    this.#taken = new Float64Array(memory.binned.rows);
  }

  /** Does what the leader asks, and writes the best splits. */
  answer(): void {
    const ask = readAsk(this.#memory.ask);
    const { fill, subtractFrom, count, leaves } = ask;
    if (fill !== null) this.#fill(fill);
    if (fill !== null && subtractFrom !== null) this.#subtract(subtractFrom, fill.slot);
    if (count !== null) this.#count(count);
    for (const [at, leaf] of leaves.entries())
      writeSplit(this.#memory.answers, this.#member, at, this.#best(leaf, ask.units));
  }

  /** Place of a word's first sum. */
  #startOf(word: number): number {
    return 256 * columnsOfWord * (word - this.#first);
  }

  /** Fills a slot with the sums of these rows, for the columns that are active (and those that share a word with them). */
  #fill({ slot, from, to }: NonNullable<Ask['fill']>): void {
    const { binned, packed, active } = this.#memory;
    const { words } = binned;
    const sums = (this.#slots[slot] ??= new Float64Array(this.#startOf(this.#end))).fill(0);
    this.#counts[slot] = new Map();
    const rows = this.#memory.rows.subarray(from, to);
    const taken = this.#taken.subarray(0, rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = packed[rows[i]!]!;
    let first = -1;
    for (let word = this.#first; word < this.#end; word++) {
      if (!active.subarray(columnsOfWord * word, columnsOfWord * (word + 1)).includes(1)) continue;
      if (first < 0) {
        first = word;
        continue;
      }
      addWords(sums, this.#startOf(first), this.#startOf(word), words[first]!, words[word]!, rows, taken);
      first = -1;
    }
    if (first >= 0) addWord(sums, this.#startOf(first), words[first]!, rows, taken);
  }

  /** Makes a parent's slot that of its other child. */
  #subtract(parent: number, child: number): void {
    const [sums, less] = [this.#slots[parent]!, this.#slots[child]!];
    for (let i = 0; i < sums.length; i++) sums[i]! -= less[i]!;
    this.#counts[parent] = new Map();
  }

  /** Counts the rows of a slot by the bins of a column, so that its best split knows them. */
  #count({ slot, from, to, column }: NonNullable<Ask['count']>): void {
    if (!this.#facts.some(({ index }) => index === column)) return;
    const counts = new Uint32Array(256);
    const { words, shift } = columnAt(this.#memory.binned, column);
    const rows = this.#memory.rows.subarray(from, to);
    for (let i = 0; i < rows.length; i++) counts[(words[rows[i]!]! >>> shift) & 255]! += 1;
    this.#counts[slot]!.set(column, counts);
  }

  /** The best split of the leaf whose sums the slot holds; of equally good ones that of the first column. */
  #best(leaf: SlotLeaf, units: Quantized['units']): Split | null {
    const sums = this.#slots[leaf.slot]!;
    let best: Split | null = null;
    for (const [at, facts] of this.#facts.entries()) {
      if (this.#memory.active[facts.index] === 0) continue;
      const counts = this.#counts[leaf.slot]!.get(facts.index) ?? null;
      const scan = { limits: this.#limits, units, counts, toBeat: best?.gain ?? 0 };
      const found = bestSplit(sums.subarray(256 * at, 256 * (at + 1)), facts, leaf, scan);
      if (found !== null && (best === null || found.gain > best.gain)) best = found;
    }
    return best;
  }
}

function addWord(sums: Float64Array, start: number, words: Uint32Array, rows: Uint32Array, taken: Float64Array): void {
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
  start: number,
  next: number,
  firstWords: Uint32Array,
  secondWords: Uint32Array,
  rows: Uint32Array,
  taken: Float64Array,
): void {
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
