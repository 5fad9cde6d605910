import type { LeafStats, Scan, Split, SplitLimits, Sums } from './split.ts';

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

/** Judges splits of one leaf by a column. */
export class Tries {
  readonly leaf: LeafStats;
  readonly #limits: SplitLimits;
  readonly #monotone: number;
  /** What the leaf gains as it is. */
  readonly floor: number;
  /** Hessian that a side has at least. */
  readonly smallest: number;

  constructor(leaf: LeafStats, { limits, counts }: Pick<Scan, 'limits' | 'counts'>, monotone: number) {
    this.leaf = leaf;
    this.#limits = limits;
    this.#monotone = monotone;
    const estimated = ((limits.minRows - 0.5) * leaf.hessian) / leaf.rows;
    this.smallest = counts === null ? Math.max(limits.minHessian, estimated) : limits.minHessian;
    const value = leafValue(leaf.gradient, leaf.hessian, limits, leaf);
    this.floor = gainOf(leaf.gradient, leaf.hessian, value, limits) + limits.minGain;
  }

  /** Whether both sides have rows enough; an estimate that misses a whole number by rounding is as good. */
  hasRows(left: number): boolean {
    const least = this.#limits.minRows - 0.5;
    return left >= least && this.leaf.rows - left >= least;
  }

  /** What the split gains that gives the left side these sums. */
  gainOf(gradient: number, hessian: number): number {
    const [leaf, limits] = [this.leaf, this.#limits];
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
    const [leaf, limits] = [this.leaf, this.#limits];
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
