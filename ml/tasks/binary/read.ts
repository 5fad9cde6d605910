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
  const values = floatsOf('probabilities', probabilities);
  if (width === 1) return { answer, scores: values, width: 1 };
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) scores[row] = values[2 * row + 1]!;
  return { answer, scores, width: 1 };
}
