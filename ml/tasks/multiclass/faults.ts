import type { UtilityMatrix } from '../../../contracts/data/utility-matrix.ts';
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

/** The model computes in float32: by so much of the range of worths two sums of them may be exchanged, for each of their parts. */
const worthTolerance = 2 ** -22;

/** A model from elsewhere may answer the most probable label, though another one is worth more. */
export const findFaultsByWorth =
  (matrix: UtilityMatrix): Task['findFaults'] =>
  (predictions) => {
    const faults = findFaults(predictions);
    if (faults.labelAgreement === null) return faults;
    const { answer, scores, width } = predictions;
    const all = matrix.flat();
    const tolerance = worthTolerance * matrix.length * (Math.max(...all) - Math.min(...all));
    let agreeing = 0;
    for (let row = 0; row < answer.length; row += 1) {
      const worthOf = (label: number): number =>
        matrix.reduce((sum, worths, of) => sum + scores[row * width + of]! * worths[label]!, 0);
      const own = worthOf(answer[row]!);
      if (matrix.every((_, label) => worthOf(label) <= own + tolerance)) agreeing += 1;
    }
    const labelAgreement = agreeing / answer.length;
    return labelAgreement <= faults.labelAgreement
      ? faults
      : { ...faults, labelAgreement, agreementOf: 'rows are answered with the label that is worth most' };
  };
