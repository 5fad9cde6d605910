import type { Check } from '../../contracts/verdict.ts';
import { check, short } from '../check.ts';

/** Standard errors below 1/2 from which on no chance explains an AUC. */
const least = 4;

/** Rows of each of the two labels. */
export interface LabelRows {
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Whether an imported model orders rows the wrong way round: an AUC far below 1/2 is not one of a model without information. The standard error of the AUC of
 * such a model is `sqrt((n + m + 1) / (12 n m))` (Mann and Whitney 1947).
 */
export function exchangedClasses(auc: number | null, rows: LabelRows | null): Check[] {
  if (auc === null || rows === null) return [];
  const { positives, negatives } = rows;
  const error = Math.sqrt((positives + negatives + 1) / (12 * positives * negatives));
  if (!(auc < 0.5 - least * error)) return [];
  const message = `the classes look exchanged: auc is ${short(auc)}, far below the 0.5 of a guess, and would be ${short(1 - auc)} the other way round. Write signature.outputs.classes in the order of the model's probabilities, or correct positive and negative`;
  return [check('classes.order', 'fail', auc, 0.5, message)];
}
