import type { Predictions } from '../../contracts/data/frame.ts';
import { aucOf, rankScores } from './auc.ts';

/** What is wrong with predictions, before any metric is computed of them. */
export interface PredictionFaults {
  readonly rows: number;
  /** Probabilities that are NaN or infinite. */
  readonly notFinite: number;
  /** Finite ones outside [0, 1]. */
  readonly outside: number;
  /** First row with a fault, and its probability as text; null where there is none. */
  readonly first: { readonly row: number; readonly probability: string } | null;
  /**
   * Share of pairs of a positive and a negative answer in which the positive one has the higher probability (the AUC of the model's own
   * labels), in [0, 1]; 1 where label and probability agree. Null where all answers are equal or a probability is not finite.
   */
  readonly labelAgreement: number | null;
}

export function findFaults({ positive, probability }: Predictions): PredictionFaults {
  let [notFinite, outside] = [0, 0];
  let first: PredictionFaults['first'] = null;
  for (const [row, value] of probability.entries()) {
    if (value >= 0 && value <= 1) continue;
    if (Number.isFinite(value)) outside += 1;
    else notFinite += 1;
    first ??= { row, probability: String(value) };
  }
  return {
    rows: probability.length,
    notFinite,
    outside,
    first,
    labelAgreement: notFinite > 0 ? null : aucOf(positive, rankScores(probability)),
  };
}

export const hasFaults = ({ notFinite, outside }: PredictionFaults): boolean => notFinite + outside > 0;
