import { columnAt } from './binned.ts';
import { ColumnShare } from './column-share.ts';
import { quantize, type Derivatives, type Quantized } from './quantize.ts';
import { readSplit, writeAsk, type Ask, type SlotLeaf } from './search.ts';
import type { ColumnFacts, LeafStats, Split, SplitLimits } from './split.ts';
import type { Team } from './team.ts';
import { writeSides, type Tree } from './tree.ts';
import { leafValue } from './tries.ts';

export interface GrowthLimits extends SplitLimits {
  readonly leaves: number;
  readonly maxDepth: number;
}

export interface Growth {
  readonly tree: Tree;
  /** The rows of each leaf, in memory that the next tree takes. */
  readonly rows: readonly Uint32Array[];
}

/** What one tree is grown by. */
interface Task {
  readonly rows: Uint32Array;
  readonly units: Quantized['units'];
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
  readonly #team: Team;
  readonly #facts: readonly ColumnFacts[];
  readonly #limits: GrowthLimits;
  readonly #share: ColumnShare;
  readonly #spare: Uint32Array;
  readonly #sides = new Uint8Array(256);

  constructor(team: Team, facts: readonly ColumnFacts[], limits: GrowthLimits) {
    this.#team = team;
    this.#facts = facts;
    this.#limits = limits;
    this.#share = new ColumnShare(team.memory, facts, limits, { member: 0, size: team.size });
    this.#spare = new Uint32Array(team.memory.binned.rows);
  }

  /**
   * Grows a tree leaf by leaf, the leaf that gains most first (best-first growth, Shi 2007). `drawn` are the rows it is grown on, null for all. `active`: 1 for
   * each column that may split. Splits are found by rounded derivatives, the values of leaves are Newton steps of the exact ones.
   */
  grow(
    drawn: Uint32Array | null,
    derivatives: Derivatives,
    { active, seed, stream }: { active: Uint8Array; seed: number; stream: number },
  ): Growth {
    const { memory } = this.#team;
    memory.active.set(active);
    const rows = memory.rows.subarray(0, drawn?.length ?? memory.rows.length);
    if (drawn === null) for (let row = 0; row < rows.length; row++) rows[row] = row;
    else rows.set(drawn);
    const task: Task = { rows, units: quantize(derivatives, memory.packed, { seed, stream }).units };
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

  #root({ rows, units }: Task): Leaf {
    const { packed } = this.#team.memory;
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += packed[rows[i]!]!;
    const first = Math.floor(sum / units.factor);
    const leaf = {
      gradient: first * units.gradient,
      hessian: (sum - first * units.factor) * units.hessian,
      rows: rows.length,
      least: -Infinity,
      most: Infinity,
      slot: 0,
    };
    const place = { from: 0, to: rows.length, depth: 0, l2: this.#limits.l2, parent: -1, isLeft: false };
    const fill = { slot: 0, from: 0, to: rows.length };
    const [split] = this.#search([leaf], { units, fill, subtractFrom: null, count: null });
    return { ...leaf, ...place, split: split! };
  }

  /** The best split of each leaf by the columns of all members; of equally good ones that of the first column. */
  #search(leaves: readonly SlotLeaf[], ask: Omit<Ask, 'leaves'>): (Split | null)[] {
    const { memory, size, run } = this.#team;
    const { minRows, minHessian } = this.#limits;
    const asked = leaves.filter(({ rows, hessian }) => rows >= 2 * minRows && hessian >= 2 * minHessian);
    if (asked.length === 0) return leaves.map(() => null);
    writeAsk(memory.ask, { ...ask, leaves: asked });
    run(() => this.#share.answer());
    return leaves.map((leaf) => {
      const at = asked.indexOf(leaf);
      if (at < 0) return null;
      let best: Split | null = null;
      for (let member = 0; member < size; member++) {
        const found = readSplit(memory.answers, member, at);
        if (found !== null && (best === null || found.gain > best.gain)) best = found;
      }
      return best;
    });
  }

  #divide(
    leaf: Leaf,
    { cut: { middle }, number, slot, isLast }: { cut: Cut; number: number; slot: number; isLast: boolean },
    { units }: Task,
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
    const [ours, others] = isLeftSmall ? [slot, leaf.slot] : [leaf.slot, slot];
    const sides = [
      { ...left, slot: ours },
      { ...right, slot: others },
    ] as const;
    const [leftSplit, rightSplit] = this.#search(sides, {
      units,
      fill: { slot, from: small.from, to: small.to },
      subtractFrom: leaf.slot,
      count: null,
    });
    return [
      { ...sides[0], split: leftSplit! },
      { ...sides[1], split: rightSplit! },
    ];
  }

  /** The leaf with another split, as its own leaves a side too few rows: an estimate from hessians was wrong. */
  #counted(leaf: Leaf, { units }: Task): Leaf {
    const { slot, from, to } = leaf;
    const count = { slot, from, to, column: leaf.split!.column };
    const [split] = this.#search([leaf], { units, fill: null, subtractFrom: null, count });
    return { ...leaf, split: split! };
  }

  /** Puts the rows that go left in front, in their order. Where no row is missing, one that will be goes with the most. */
  #partition(rows: Uint32Array, from: number, to: number, split: Split): Cut {
    const [sides, spare] = [this.#sides, this.#spare];
    writeSides(sides, 0, { ...split, missingLeft: split.missingLeft ?? false });
    const { words, shift } = columnAt(this.#team.memory.binned, split.column);
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
