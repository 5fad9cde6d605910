import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Derivatives } from './quantize.ts';

/** Labels as they are learned, and how much each row counts; null where each counts once. */
export interface Learned {
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
  /** Of a ranking: the rows of each query. */
  readonly queries?: readonly (readonly number[])[];
}

/** How trees learn a task. Scores are those of the task's head, one array for each of its values. */
export interface Objective {
  /** It learns labels as they are, not as the head scales them. */
  readonly ofRawLabels?: true;
  /** Scores before the first tree. */
  readonly start: (learned: Learned, space: LabelSpace) => readonly number[];
  /**
   * Writes the derivatives of the loss by the scores, for each value of the head, and returns the mean loss of the rows by their weights. `leaves`: of
   * an objective with `quantileOf`, the leaf of each row in the last tree of each value; null before the first tree.
   */
  readonly derive: (
    scores: readonly Float64Array[],
    learned: Learned,
    to: readonly Derivatives[],
    leaves: readonly Uint32Array[] | null,
  ) => number;
  /** The mean loss alone. */
  readonly loss: (scores: readonly Float64Array[], learned: Learned) => number;
  /** Level of the quantile that a leaf's value is, of the rows' residuals, where the loss has no second derivative. */
  readonly quantileOf?: (at: number) => number;
}

export const noDerivatives = (rows: number): Derivatives => ({
  gradients: new Float32Array(rows),
  hessians: new Float32Array(rows),
});

/** The mean of the rows' losses by their weights. */
export function meanLoss({ labels, weights }: Learned, lossOf: (row: number) => number): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    sum += weight * lossOf(row);
    total += weight;
  }
  return sum / total;
}
