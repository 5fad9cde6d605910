import type { Predictions } from '../../../contracts/data/frame.ts';
import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';
import { floatsOf, labelsOutput, misshapen, outputNamed } from '../read-output.ts';

/** Reads `label` and `probabilities` (`[rows, classes]`, in the order of the classes), which may be NaN or outside [0, 1]. */
export function readClasses(outputs: Readonly<Record<string, Tensor>>, rows: number, space: LabelSpace): Predictions {
  const answer = labelsOutput(outputs, rows, space);
  const probabilities = outputNamed(outputs, 'probabilities');
  const width = space.kind === 'classes' ? space.classes.length : 0;
  if (probabilities.data.length !== rows * width)
    throw misshapen('probabilities', probabilities, rows, `[rows, ${width}], one for each label`);
  return { answer, scores: floatsOf('probabilities', probabilities), width };
}
