import type { Units } from './quantize.ts';
import { setWords } from './tree.ts';

/** What limits a split; the limits of LightGBM by name and meaning. */
export interface SplitLimits {
  readonly l1: number;
  readonly l2: number;
  /** Rows of a leaf, at least. */
  readonly minRows: number;
  /** Hessian of a leaf, at least. */
  readonly minHessian: number;
  readonly minGain: number;
}

/** Sums over the rows of a leaf, and the range that its value may have. */
export interface LeafStats {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
  readonly least: number;
  readonly most: number;
}

export interface Split {
  readonly gain: number;
  readonly column: number;
  readonly threshold: number;
  readonly set: number[] | null;
  /** Null where no row of the leaf was missing. */
  readonly missingLeft: boolean | null;
  readonly left: Sums;
  readonly right: Sums;
  /** That the values of its sides are shrunk by. */
  readonly l2: number;
}

export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly value: number;
}

export interface ColumnFacts {
  readonly index: number;
  readonly bins: number;
  readonly isCategory: boolean;
  /** 1 where the value may only rise with the column, -1 where it may only fall, else 0. */
  readonly monotone: number;
}

/** Categories are ordered by gradient over hessian, smoothed; both ends of the order are tried, up to so many categories. */
const [categorySmoothing, categoryL2, mostCategories, leastCategoryRows] = [10, 10, 32, 100];
/** So few categories are tried one against the rest. */
const fewCategories = 4;

/**
 * The best split of a leaf by a column, whose histogram has the packed sum of each bin; null where none gains. Gain is Newton's:
 * `G_l^2 / (H_l + l2) + G_r^2 / (H_r + l2) - G^2 / (H + l2)` (Chen and Guestrin 2016, eq. 7), with soft-thresholded gradients for `l1`. Rows of a
 * side are estimated by its hessian, as LightGBM does, where no `counts` by bin are given.
 */
export const bestSplit = (histogram: Float64Array, facts: ColumnFacts, leaf: LeafStats, scan: Scan): Split | null =>
  facts.isCategory ? byCategory(histogram, facts, leaf, scan) : byNumber(histogram, facts, leaf, scan);

/** What all splits of a tree share, and the rows of each bin where they are counted. */
export interface Scan {
  readonly limits: SplitLimits;
  readonly units: Units;
  readonly counts: Uint32Array | null;
}

const shrunk = (gradient: number, l1: number): number =>
  l1 === 0 ? gradient : Math.sign(gradient) * Math.max(0, Math.abs(gradient) - l1);

export function leafValue(
  gradient: number,
  hessian: number,
  { l1, l2 }: Pick<SplitLimits, 'l1' | 'l2'>,
  { least, most }: Pick<LeafStats, 'least' | 'most'>,
): number {
  const value = -shrunk(gradient, l1) / (hessian + l2);
  return value < least ? least : value > most ? most : value;
}

/** What a leaf gains with a value; the Newton value gains `G^2 / (H + l2)`. */
const gainOf = (gradient: number, hessian: number, value: number, { l1, l2 }: Pick<SplitLimits, 'l1' | 'l2'>): number =>
  -(2 * shrunk(gradient, l1) * value + (hessian + l2) * value * value);

/** Judges splits of one leaf. */
class Tries {
  readonly #leaf: LeafStats;
  readonly #limits: SplitLimits;
  readonly #monotone: number;
  /** Without limits on values the gain is a matter of one division. */
  readonly isPlain: boolean;
  /** What the leaf gains as it is. */
  readonly floor: number;
  /** Hessian that a side has at least. */
  readonly smallest: number;

  constructor(leaf: LeafStats, { limits, counts }: Pick<Scan, 'limits' | 'counts'>, monotone: number) {
    this.#leaf = leaf;
    this.#limits = limits;
    this.#monotone = monotone;
    this.isPlain = limits.l1 === 0 && monotone === 0 && leaf.least === -Infinity && leaf.most === Infinity;
    const estimated = ((limits.minRows - 0.5) * leaf.hessian) / leaf.rows;
    this.smallest = counts === null ? Math.max(limits.minHessian, estimated) : limits.minHessian;
    const value = leafValue(leaf.gradient, leaf.hessian, limits, leaf);
    this.floor = gainOf(leaf.gradient, leaf.hessian, value, limits) + limits.minGain;
  }

  /** Whether both sides have rows enough; an estimate that misses a whole number by rounding is as good. */
  hasRows(left: number): boolean {
    const least = this.#limits.minRows - 0.5;
    return left >= least && this.#leaf.rows - left >= least;
  }

  /** What the split gains that gives the left side these sums. */
  gainOf(gradient: number, hessian: number): number {
    const [leaf, limits] = [this.#leaf, this.#limits];
    const left = leafValue(gradient, hessian, limits, leaf);
    const right = leafValue(leaf.gradient - gradient, leaf.hessian - hessian, limits, leaf);
    if ((right - left) * this.#monotone < 0) return -Infinity;
    return (
      gainOf(gradient, hessian, left, limits) +
      gainOf(leaf.gradient - gradient, leaf.hessian - hessian, right, limits) -
      this.floor
    );
  }

  sides(gradient: number, hessian: number): Pick<Split, 'left' | 'right' | 'l2'> {
    const [leaf, limits] = [this.#leaf, this.#limits];
    const side = (of: number, by: number): Sums => ({
      gradient: of,
      hessian: by,
      value: leafValue(of, by, limits, leaf),
    });
    return {
      left: side(gradient, hessian),
      right: side(leaf.gradient - gradient, leaf.hessian - hessian),
      l2: limits.l2,
    };
  }
}

function byNumber(
  histogram: Float64Array,
  { bins, index, monotone }: ColumnFacts,
  leaf: LeafStats,
  { limits, units, counts }: Scan,
): Split | null {
  const tries = new Tries(leaf, { limits, counts }, monotone);
  const { smallest, floor, isPlain } = tries;
  const { gradient: whole, hessian: total } = leaf;
  const largest = total - smallest;
  const { factor, gradient: gradientUnit, hessian: hessianUnit } = units;
  const inverse = 1 / factor;
  const { l2 } = limits;
  const missing = histogram[0]!;
  let gain = 0;
  let threshold = 0;
  let missingLeft = false;
  let bestGradient = 0;
  let bestHessian = 0;
  // With the missing ones on the right, and where there are some, on the left.
  for (let pass = 0; pass < (missing === 0 ? 1 : 2); pass++) {
    let packed = pass === 0 ? 0 : missing;
    let rows = pass === 0 || counts === null ? 0 : counts[0]!;
    // Where some are, the last bin can be a bound too: numbers against the missing ones.
    const end = pass === 0 && missing !== 0 ? bins : bins - 1;
    for (let bin = 1; bin < end; bin++) {
      const here = histogram[bin]!;
      if (counts !== null) rows += counts[bin]!;
      // The same sides as by the bin before.
      if (here === 0) continue;
      packed += here;
      const first = Math.floor(packed * inverse);
      const hessian = (packed - first * factor) * hessianUnit;
      if (hessian < smallest) continue;
      if (hessian > largest) break;
      if (counts !== null && !tries.hasRows(rows)) continue;
      const gradient = first * gradientUnit;
      const other = whole - gradient;
      const rest = total - hessian;
      const found = isPlain
        ? (gradient * gradient * (rest + l2) + other * other * (hessian + l2)) / ((hessian + l2) * (rest + l2)) - floor
        : tries.gainOf(gradient, hessian);
      if (!(found > gain)) continue;
      gain = found;
      threshold = bin;
      missingLeft = pass === 1;
      bestGradient = gradient;
      bestHessian = hessian;
    }
  }
  if (threshold === 0) return null;
  const sides = tries.sides(bestGradient, bestHessian);
  return { gain, column: index, threshold, set: null, missingLeft: missing === 0 ? null : missingLeft, ...sides };
}

interface CategorySums {
  readonly bin: number;
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

function byCategory(
  histogram: Float64Array,
  { bins, index }: ColumnFacts,
  leaf: LeafStats,
  { limits, units, counts }: Scan,
): Split | null {
  const rowsOf = leaf.rows / leaf.hessian;
  const used: CategorySums[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const packed = histogram[bin]!;
    if (packed === 0) continue;
    const first = Math.floor(packed / units.factor);
    const hessian = (packed - first * units.factor) * units.hessian;
    used.push({ bin, gradient: first * units.gradient, hessian, rows: counts?.[bin] ?? hessian * rowsOf });
  }
  if (used.length < 2) return null;
  return used.length <= fewCategories
    ? oneAgainstRest(used, index, new Tries(leaf, { limits, counts }, 0), leaf)
    : severalAgainstRest(
        used,
        index,
        new Tries(leaf, { limits: { ...limits, l2: limits.l2 + categoryL2 }, counts }, 0),
        leaf,
      );
}

function severalAgainstRest(used: readonly CategorySums[], index: number, tries: Tries, leaf: LeafStats): Split | null {
  const ratio = ({ gradient, hessian }: CategorySums): number => gradient / (hessian + categorySmoothing);
  const order = used
    .filter(({ rows }) => rows >= categorySmoothing)
    .sort((a, b) => ratio(a) - ratio(b) || a.bin - b.bin);
  const most = Math.min(mostCategories, Math.ceil(order.length / 2));
  let best: SetTry = none;
  for (const ranked of [order, order.toReversed()]) {
    let [gradient, hessian, rows, inGroup] = [0, 0, 0, 0];
    for (let taken = 0; taken < most; taken++) {
      const one = ranked[taken]!;
      gradient += one.gradient;
      hessian += one.hessian;
      rows += one.rows;
      inGroup += one.rows;
      if (hessian < tries.smallest || !tries.hasRows(rows)) continue;
      const rest = leaf.hessian - hessian;
      if (rest < tries.smallest || leaf.rows - rows < leastCategoryRows) break;
      if (inGroup < leastCategoryRows) continue;
      inGroup = 0;
      const gain = tries.gainOf(gradient, hessian);
      if (gain > best.gain) best = { gain, gradient, hessian, of: ranked.slice(0, taken + 1) };
    }
  }
  return splitBySet(best, tries, index);
}

function oneAgainstRest(used: readonly CategorySums[], index: number, tries: Tries, leaf: LeafStats): Split | null {
  let best: SetTry = none;
  for (const one of used) {
    if (one.hessian < tries.smallest || leaf.hessian - one.hessian < tries.smallest) continue;
    if (!tries.hasRows(one.rows)) continue;
    const gain = tries.gainOf(one.gradient, one.hessian);
    if (gain > best.gain) best = { ...one, gain, of: [one] };
  }
  return splitBySet(best, tries, index);
}

interface SetTry {
  readonly gain: number;
  readonly gradient: number;
  readonly hessian: number;
  readonly of: readonly CategorySums[];
}
const none: SetTry = { gain: 0, gradient: 0, hessian: 0, of: [] };

function splitBySet({ gain, gradient, hessian, of }: SetTry, tries: Tries, column: number): Split | null {
  if (of.length === 0) return null;
  const set = new Uint32Array(setWords);
  for (const { bin } of of) set[bin >>> 5]! |= 1 << (bin & 31);
  return { gain, column, threshold: 0, set: [...set], missingLeft: false, ...tries.sides(gradient, hessian) };
}
