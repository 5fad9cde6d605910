import { columnAt, type Binned } from './binned.ts';

/** Words of 32 bits that hold a set of bins. */
export const setWords = 8;

/**
 * A tree over bins. Split `i` sends a row left where its bin is in the set (of a category), or is 1 to `threshold` (of a number), or where it
 * is missing and `missingLeft`. A child of 0 or more is a split, another one the leaf `-1 - child`.
 */
export interface Tree {
  readonly column: readonly number[];
  /** 0 of a category. */
  readonly threshold: readonly number[];
  /** `setWords` numbers for a category, null for a number. */
  readonly set: readonly (readonly number[] | null)[];
  readonly missingLeft: readonly boolean[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** By leaf. */
  readonly value: readonly number[];
}

/** What tells whether a bin goes left. */
export interface Rule {
  readonly threshold: number;
  readonly set: readonly number[] | null;
  readonly missingLeft: boolean;
}

export const inSet = (set: ArrayLike<number>, bin: number): boolean => ((set[bin >>> 5]! >>> (bin & 31)) & 1) === 1;

/** Writes 1 for each of 256 bins that goes left, and 0 for the others. */
export function writeSides(to: Uint8Array, at: number, { threshold, set, missingLeft }: Rule): void {
  for (let bin = 0; bin < 256; bin++) {
    const isLeft = set === null ? (bin === 0 ? missingLeft : bin <= threshold) : inSet(set, bin);
    to[at + bin] = isLeft ? 1 : 0;
  }
}

/** Adds the tree's value to the score of each row. */
export function addTree(tree: Tree, binned: Binned, scores: Float64Array): void {
  const splits = tree.column.length;
  if (splits === 0) {
    for (let row = 0; row < scores.length; row++) scores[row]! += tree.value[0]!;
    return;
  }
  const sides = new Uint8Array(256 * splits);
  for (let at = 0; at < splits; at++)
    writeSides(sides, 256 * at, {
      threshold: tree.threshold[at]!,
      set: tree.set[at]!,
      missingLeft: tree.missingLeft[at]!,
    });
  const [left, right, value] = [Int32Array.from(tree.left), Int32Array.from(tree.right), Float64Array.from(tree.value)];
  const words = tree.column.map((column) => columnAt(binned, column).words);
  const shifts = Int32Array.from(tree.column, (column) => columnAt(binned, column).shift);
  for (let row = 0; row < scores.length; row++) {
    let at = 0;
    do at = sides[256 * at + ((words[at]![row]! >>> shifts[at]!) & 255)] === 1 ? left[at]! : right[at]!;
    while (at >= 0);
    scores[row]! += value[-1 - at]!;
  }
}

/** The leaf that each row is in. */
export function leafOfRows(tree: Tree, binned: Binned): Uint32Array {
  const leaves = new Float64Array(binned.rows);
  addTree({ ...tree, value: tree.value.map((_, leaf) => leaf) }, binned, leaves);
  return Uint32Array.from(leaves);
}

/** The tree's values added to the scores, where it is known which rows are in each leaf. */
export function addLeaves({ value }: Tree, leaves: readonly Uint32Array[], scores: Float64Array): void {
  for (const [leaf, rows] of leaves.entries()) {
    const added = value[leaf]!;
    for (let i = 0; i < rows.length; i++) scores[rows[i]!]! += added;
  }
}
