import type { Predictions } from '../../../contracts/data/frame.ts';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';
import { floatsOf, labelsOutput, misshapen, outputNamed } from '../read-output.ts';

/**
 * Reads `label` and `probabilities` (`[rows, 2]` in the order negative, positive; or the positive one alone, `[rows, 1]` or `[rows]`), which may
 * be NaN or outside [0, 1].
 */
export function readBinary(outputs: Readonly<Record<string, Tensor>>, rows: number, space: LabelSpace): Predictions {
  const answer = labelsOutput(outputs, rows, space);
  const probabilities = outputNamed(outputs, 'probabilities');
  const width = probabilities.data.length / rows;
  if (width !== 1 && width !== 2)
    throw misshapen('probabilities', probabilities, rows, '[rows, 2], one for each of two labels');
  return { answer, scores: floatsOf('probabilities', probabilities, width), width: 1 };
}
