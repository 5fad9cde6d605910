import type { Units } from './quantize.ts';
import type { LeafStats, Split } from './split.ts';
import { setWords } from './tree.ts';

/** A leaf and the slot that holds its sums. */
export interface SlotLeaf extends LeafStats {
  readonly slot: number;
}

interface RowRange {
  readonly slot: number;
  readonly from: number;
  readonly to: number;
}

/** What the leader asks of all members, in this order: to sum, subtract, count, and to find the best split of leaves. */
export interface Ask {
  readonly units: Units;
  /** The slot that takes the sums of these rows. */
  readonly fill: RowRange | null;
  /** The slot that loses the sums that were filled. */
  readonly subtractFrom: number | null;
  /** Rows to count by the bins of a column. */
  readonly count: (RowRange & { readonly column: number }) | null;
  /** Two at most. */
  readonly leaves: readonly SlotLeaf[];
}

const mostLeaves = 2;
const [countsAt, leavesAt, leafNumbers] = [7, 11, 6];
const splitNumbers = 12 + setWords;

/** Numbers that an ask takes, and a member's answer to one. */
export const askNumbers = leavesAt + mostLeaves * leafNumbers;
export const answerNumbers = mostLeaves * splitNumbers;

const none = -1;

/** Writes an ask as numbers: members of a team have nothing in common but memory. */
export function writeAsk(to: Float64Array, { units, fill, subtractFrom, count, leaves }: Ask): void {
  to.set([units.factor, units.gradient, units.hessian]);
  to.set([fill?.slot ?? none, fill?.from ?? 0, fill?.to ?? 0, subtractFrom ?? none], 3);
  to.set([count?.slot ?? none, count?.from ?? 0, count?.to ?? 0, count?.column ?? 0], countsAt);
  for (let at = 0; at < mostLeaves; at++) {
    const leaf = leaves[at];
    const start = leavesAt + leafNumbers * at;
    if (leaf === undefined) to[start] = none;
    else to.set([leaf.slot, leaf.gradient, leaf.hessian, leaf.rows, leaf.least, leaf.most], start);
  }
}

export function readAsk(from: Float64Array): Ask {
  const at = (index: number): number => from[index]!;
  const range = (start: number): RowRange => ({ slot: at(start), from: at(start + 1), to: at(start + 2) });
  const leaves: SlotLeaf[] = [];
  for (let leaf = 0; leaf < mostLeaves; leaf++) {
    const start = leavesAt + leafNumbers * leaf;
    if (at(start) === none) break;
    leaves.push({
      slot: at(start),
      gradient: at(start + 1),
      hessian: at(start + 2),
      rows: at(start + 3),
      least: at(start + 4),
      most: at(start + 5),
    });
  }
  return {
    units: { factor: at(0), gradient: at(1), hessian: at(2) },
    fill: at(3) === none ? null : range(3),
    subtractFrom: at(6) === none ? null : at(6),
    count: at(countsAt) === none ? null : { ...range(countsAt), column: at(countsAt + 3) },
    leaves,
  };
}

/** Writes the best split of a member's columns for one of the leaves; a column of -1 says that there is none. */
export function writeSplit(to: Float64Array, member: number, leaf: number, split: Split | null): void {
  const start = answerNumbers * member + splitNumbers * leaf;
  if (split === null) {
    to[start] = none;
    return;
  }
  const { column, gain, threshold, set, missingLeft, left, right, l2 } = split;
  to.set([column, gain, threshold, set === null ? 0 : 1, missingLeft === null ? none : Number(missingLeft)], start);
  to.set([left.gradient, left.hessian, left.value, right.gradient, right.hessian, right.value, l2], start + 5);
  if (set !== null) to.set(set, start + 12);
}

export function readSplit(from: Float64Array, member: number, leaf: number): Split | null {
  const start = answerNumbers * member + splitNumbers * leaf;
  const at = (index: number): number => from[start + index]!;
  if (at(0) === none) return null;
  return {
    column: at(0),
    gain: at(1),
    threshold: at(2),
    set: at(3) === 0 ? null : [...from.subarray(start + 12, start + 12 + setWords)],
    missingLeft: at(4) === none ? null : at(4) === 1,
    left: { gradient: at(5), hessian: at(6), value: at(7) },
    right: { gradient: at(8), hessian: at(9), value: at(10) },
    l2: at(11),
  };
}
