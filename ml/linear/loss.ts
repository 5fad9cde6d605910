import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Learned } from '../gbdt/objective.ts';

/** Of each row, for each value of the head that a loss takes. */
export interface Derived {
  /** First derivatives of the row's loss by its scores, times its weight. */
  readonly gradients: readonly Float64Array[];
  /** What second derivatives are computed from, such as probabilities. */
  readonly means: readonly Float64Array[];
}

/** Which value of the head a loss is for, the first one where it takes all, and the width that it is smoothed by. */
export interface Part {
  readonly at: number;
  readonly width: number;
}

/** How a linear model learns a task. Scores are those of the task's head, one array for each of its values. */
export interface LinearLoss {
  /** Whether the loss takes all values of the head at once; else the weights of each value are learned by themselves. */
  readonly isJoint: boolean;
  /** Widths of the smoothing that are passed one after the other; `[0]` where the loss is smooth. */
  readonly widths: readonly number[];
  /** Variance of the weights: the inverse Hessian, that times the variance of residuals, or unknown. */
  readonly variance: 'curvature' | 'residuals' | null;
  /** What the values of the head are called. */
  readonly outputs: (space: LabelSpace) => readonly string[];
  /** Writes what the loss is derived to, and returns the sum of the rows' losses by their weights. */
  readonly derive: (scores: readonly Float64Array[], learned: Learned, to: Derived, part: Part) => number;
  /** Writes the second derivatives of the rows' losses by two scores, times the rows' weights. */
  readonly curvature: (
    first: number,
    second: number,
    from: Derived,
    learned: Learned,
    to: Float64Array,
    part: Part,
  ) => void;
}

export const noDerived = (values: number, rows: number): Derived => ({
  gradients: Array.from({ length: values }, () => new Float64Array(rows)),
  means: Array.from({ length: values }, () => new Float64Array(rows)),
});
