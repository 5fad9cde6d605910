import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { taskFor } from '../../ml/tasks/index.ts';
import type { TrainingJob } from './port.ts';

/** Throws `InvalidDataError` for rows whose labels teach nothing. */
export function checkLabels({ trainLabels, validationLabels, labelSpace }: TrainingJob): void {
  const { head } = taskFor(labelSpace);
  for (const [part, labels] of [
    ['training', trainLabels],
    ['validation', validationLabels],
  ] as const) {
    const problem = head.problem(labels, part, labelSpace);
    if (problem === null) continue;
    throw new PawlError(
      errorTypes.invalidData,
      `the ${part} rows cannot be used: ${problem}. Take more rows, or correct the split`,
      { rows: labels.length },
    );
  }
}
