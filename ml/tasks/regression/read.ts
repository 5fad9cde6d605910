import { floatsOf, misshapen, outputNamed } from '../read-output.ts';
import type { Task } from '../task.ts';

/** Reads `prediction`, `[rows]` or `[rows, 1]`, whose numbers may be NaN. */
export const readNumbers: Task['read'] = (outputs, rows) => {
  const prediction = outputNamed(outputs, 'prediction');
  if (prediction.data.length !== rows) throw misshapen('prediction', prediction, rows, '[rows]');
  return { answer: floatsOf('prediction', prediction), scores: new Float64Array(), width: 0 };
};
