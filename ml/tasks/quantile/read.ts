import type { Task } from '../task.ts';
import { floatsOf, misshapen, outputNamed } from '../read-output.ts';
import { readNumbers } from '../regression/read.ts';

/** Reads `prediction`, `[rows]`, and `quantiles`, `[rows, levels]`, whose numbers may be NaN. */
export const readQuantiles =
  (levels: readonly number[]): Task['read'] =>
  (outputs, rows, space) => {
    const { answer } = readNumbers(outputs, rows, space);
    const quantiles = outputNamed(outputs, 'quantiles');
    if (quantiles.data.length !== rows * levels.length)
      throw misshapen('quantiles', quantiles, rows, `[rows, ${levels.length}], for the levels ${levels.join(', ')}`);
    return { answer, scores: floatsOf('quantiles', quantiles), width: levels.length };
  };
