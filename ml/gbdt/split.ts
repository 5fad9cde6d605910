import type { Units } from './quantize.ts';

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

/** What all splits of a tree share, and the rows of each bin where they are counted. */
export interface Scan {
  readonly limits: SplitLimits;
  readonly units: Units;
  readonly counts: Uint32Array | null;
  /** Gain of the best split so far, by another column; 0 at first. */
  readonly toBeat: number;
}
