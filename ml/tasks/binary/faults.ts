import { aucOnce } from '../../metrics/auc-once.ts';
import { probabilityFaults } from '../probability-faults.ts';
import type { Task } from '../task.ts';

/** `labelAgreement` is the AUC of the model's own labels: 1 where label and probability agree. */
export const findFaults: Task['findFaults'] = ({ answer, scores }) => {
  const faults = probabilityFaults(scores, 1);
  return {
    kind: 'classes',
    ...faults,
    labelAgreement: faults.notFinite > 0 ? null : aucOnce(answer, scores),
    agreementOf: 'pairs of a positive and a negative answer are in the order of their probabilities',
  };
};
