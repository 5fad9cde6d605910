import { columnAt, type Binned } from './binned.ts';
import { Histograms } from './histograms.ts';
import { quantize, type Derivatives, type Quantized } from './quantize.ts';
import type { ColumnFacts, LeafStats, Split, SplitLimits } from './split.ts';
import { writeSides, type Tree } from './tree.ts';
import { leafValue } from './tries.ts';

export interface GrowthLimits extends SplitLimits {
  readonly leaves: number;
  readonly maxDepth: number;
}

export interface Growth {
  readonly tree: Tree;
  /** The rows of each leaf. */
  readonly rows: readonly Uint32Array[];
}

/** What one tree is grown by. */
interface Task {
  readonly rows: Uint32Array;
  readonly quantized: Quantized;
  /** 1 for each column that may split. */
  readonly active: Uint8Array;
}

interface Place {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
  readonly l2: number;
  /** The split that it hangs from, and on which side; -1 of the root. */
  readonly parent: number;
  readonly isLeft: boolean;
}

interface Leaf extends LeafStats, Place {
  readonly slot: number;
  readonly split: Split | null;
}

/** Where the rows of the right side start, and on which side missing values go. */
interface Cut {
  readonly middle: number;
  readonly missingLeft: boolean;
}

/** Grows one tree after the other over the same binned rows. */
export class Grower {
  readonly #binned: Binned;
  readonly #facts: readonly ColumnFacts[];
  readonly #limits: GrowthLimits;
  readonly #histograms: Histograms;
  readonly #spare: Uint32Array;
  readonly #packed: Float64Array;
  readonly #sides = new Uint8Array(256);

  constructor(binned: Binned, facts: readonly ColumnFacts[], limits: GrowthLimits) {
    this.#binned = binned;
    this.#facts = facts;
    this.#limits = limits;
    this.#histograms = new Histograms(binned, facts, limits);
    this.#spare = new Uint32Array(binned.rows);
    this.#packed = new Float64Array(binned.rows);
  }

  /**
   * Grows a tree leaf by leaf, the leaf that gains most first (best-first growth, Shi 2007). `rows` are those it is grown on, and are put into
   * the order of the leaves. Splits are found by rounded derivatives, the values of leaves are Newton steps of the exact ones.
   */
  grow(
    rows: Uint32Array,
    derivatives: Derivatives,
    { active, seed, stream }: { active: Uint8Array; seed: number; stream: number },
  ): Growth {
    const task: Task = { rows, quantized: quantize(derivatives, this.#packed, { seed, stream }), active };
    const splits: { split: Split; missingLeft: boolean; left: number; right: number }[] = [];
    const hang = ({ parent, isLeft }: Place, child: number): void => {
      if (parent >= 0) splits[parent]![isLeft ? 'left' : 'right'] = child;
    };
    const leaves: Leaf[] = [this.#root(task)];
    while (leaves.length < this.#limits.leaves) {
      const at = bestOf(leaves);
      if (at < 0) break;
      const leaf = leaves[at]!;
      const cut = this.#partition(rows, leaf.from, leaf.to, leaf.split!);
      if (Math.min(cut.middle - leaf.from, leaf.to - cut.middle) < this.#limits.minRows) {
        leaves[at] = this.#counted(leaf, task);
        continue;
      }
      hang(leaf, splits.length);
      const isLast = leaves.length + 1 === this.#limits.leaves;
      const [left, right] = this.#divide(leaf, { cut, number: splits.length, slot: leaves.length, isLast }, task);
      splits.push({ split: leaf.split!, missingLeft: cut.missingLeft, left: 0, right: 0 });
      leaves[at] = left;
      leaves.push(right);
    }
    for (const [i, leaf] of leaves.entries()) hang(leaf, -1 - i);
    const rowsOf = leaves.map(({ from, to }) => rows.subarray(from, to));
    return {
      tree: {
        column: splits.map(({ split }) => split.column),
        threshold: splits.map(({ split }) => split.threshold),
        set: splits.map(({ split }) => split.set),
        missingLeft: splits.map(({ missingLeft }) => missingLeft),
        left: splits.map(({ left }) => left),
        right: splits.map(({ right }) => right),
        value: leaves.map((leaf, i) => this.#value(leaf, rowsOf[i]!, derivatives)),
      },
      rows: rowsOf,
    };
  }

  #root(task: Task): Leaf {
    const { rows, quantized, active } = task;
    let packed = 0;
    for (let i = 0; i < rows.length; i++) packed += quantized.packed[rows[i]!]!;
    const { factor, gradient, hessian } = quantized.units;
    const first = Math.floor(packed / factor);
    const stats = {
      gradient: first * gradient,
      hessian: (packed - first * factor) * hessian,
      rows: rows.length,
      least: -Infinity,
      most: Infinity,
    };
    const place = { from: 0, to: rows.length, depth: 0, l2: this.#limits.l2, parent: -1, isLeft: false };
    this.#histograms.fill(0, rows, quantized, active);
    return { ...stats, ...place, slot: 0, split: this.#splitOf(0, stats, task) };
  }

  #splitOf(slot: number, stats: LeafStats, { quantized, active }: Task): Split | null {
    if (stats.rows < 2 * this.#limits.minRows || stats.hessian < 2 * this.#limits.minHessian) return null;
    return this.#histograms.best(slot, stats, quantized, active);
  }

  #divide(
    leaf: Leaf,
    { cut: { middle }, number, slot, isLast }: { cut: Cut; number: number; slot: number; isLast: boolean },
    task: Task,
  ): [left: Leaf, right: Leaf] {
    const split = leaf.split!;
    const bounds = this.#bounds(leaf, split);
    const side = (isLeft: boolean): LeafStats & Place => {
      const { gradient, hessian } = isLeft ? split.left : split.right;
      const [from, to] = isLeft ? [leaf.from, middle] : [middle, leaf.to];
      const place = { from, to, depth: leaf.depth + 1, l2: split.l2, parent: number, isLeft };
      return { gradient, hessian, rows: to - from, ...(isLeft ? bounds.left : bounds.right), ...place };
    };
    const [left, right] = [side(true), side(false)];
    if (isLast || leaf.depth + 1 >= this.#limits.maxDepth)
      return [
        { ...left, slot: leaf.slot, split: null },
        { ...right, slot, split: null },
      ];
    // The smaller side is summed, and the parent's sums become those of the other one.
    const isLeftSmall = left.rows < right.rows;
    const small = isLeftSmall ? left : right;
    this.#histograms.fill(slot, task.rows.subarray(small.from, small.to), task.quantized, task.active);
    this.#histograms.subtract(leaf.slot, slot);
    const withSplit = (of: LeafStats & Place, at: number): Leaf => ({
      ...of,
      slot: at,
      split: this.#splitOf(at, of, task),
    });
    return isLeftSmall
      ? [withSplit(left, slot), withSplit(right, leaf.slot)]
      : [withSplit(left, leaf.slot), withSplit(right, slot)];
  }

  /** The leaf with another split, as its own leaves a side too few rows: an estimate from hessians was wrong. */
  #counted(leaf: Leaf, task: Task): Leaf {
    this.#histograms.count(leaf.slot, leaf.split!.column, task.rows.subarray(leaf.from, leaf.to));
    return { ...leaf, split: this.#splitOf(leaf.slot, leaf, task) };
  }

  /** Puts the rows that go left in front, in their order. Where no row is missing, one that will be goes with the most. */
  #partition(rows: Uint32Array, from: number, to: number, split: Split): Cut {
    const [sides, spare] = [this.#sides, this.#spare];
    writeSides(sides, 0, { ...split, missingLeft: split.missingLeft ?? false });
    const { words, shift } = columnAt(this.#binned, split.column);
    let left = from;
    let least = 255;
    for (let i = from; i < to; i++) {
      const row = rows[i]!;
      const bin = (words[row]! >>> shift) & 255;
      least = bin < least ? bin : least;
      // Without a branch, which nobody could predict: the place that is not meant is written again.
      rows[left] = row;
      spare[i - left] = row;
      left += sides[bin]!;
    }
    const right = to - left;
    rows.set(spare.subarray(0, right), left);
    return { middle: left, missingLeft: split.missingLeft ?? (least > 0 && left - from >= right) };
  }

  /** Where the column is monotone, the values of neither side may pass the middle. */
  #bounds({ least, most }: LeafStats, { column, left, right }: Split) {
    const monotone = this.#facts[column]!.monotone;
    const middle = (left.value + right.value) / 2;
    const [below, above] = [
      { least, most: middle },
      { least: middle, most },
    ];
    if (monotone === 0) return { left: { least, most }, right: { least, most } };
    return monotone > 0 ? { left: below, right: above } : { left: above, right: below };
  }

  #value({ least, most, l2 }: Leaf, rows: Uint32Array, { gradients, hessians }: Derivatives): number {
    let [gradient, hessian] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      gradient += gradients[rows[i]!]!;
      hessian += hessians[rows[i]!]!;
    }
    return hessian > 0 ? leafValue(gradient, hessian, { l1: this.#limits.l1, l2 }, { least, most }) : 0;
  }
}

/** The leaf that gains most, the first of equals; -1 where none can be split. */
function bestOf(leaves: readonly Leaf[]): number {
  let at = -1;
  for (const [i, { split }] of leaves.entries())
    if (split !== null && (at < 0 || split.gain > leaves[at]!.split!.gain)) at = i;
  return at;
}
