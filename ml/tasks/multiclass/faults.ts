import { probabilityFaults } from '../probability-faults.ts';
import type { Task } from '../task.ts';

/** `labelAgreement` is the share of the rows whose answer has the greatest probability. */
export const findFaults: Task['findFaults'] = ({ answer, scores, width }) => {
  const faults = probabilityFaults(scores, width);
  let agreeing = 0;
  for (let row = 0; row < answer.length; row += 1) {
    const own = scores[row * width + answer[row]!]!;
    let isGreatest = true;
    for (let i = row * width; i < (row + 1) * width; i += 1) if (scores[i]! > own) isGreatest = false;
    if (isGreatest) agreeing += 1;
  }
  return {
    kind: 'classes',
    ...faults,
    labelAgreement: faults.notFinite > 0 || answer.length === 0 ? null : agreeing / answer.length,
    agreementOf: 'rows are answered with the label of the greatest probability',
  };
};
