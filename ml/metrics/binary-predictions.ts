import type { Predictions } from '../../contracts/data/frame.ts';

/** Predictions of a binary classifier, row by row. */
export interface BinaryPredictions {
  /** 1 where the positive label was predicted, else 0. */
  readonly positive: Uint8Array;
  /** Probability of the positive label, in [0, 1] unless the model is at fault. */
  readonly probability: Float64Array;
}

/** Predictions of one score each, as a binary task has them. */
export const binaryOf = ({ answer, scores }: Predictions): BinaryPredictions => ({
  positive: new Uint8Array(answer),
  probability: scores,
});
