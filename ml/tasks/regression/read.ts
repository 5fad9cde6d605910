import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Tensor } from '../../../contracts/data/tensor.ts';
import { floatsOf, misshapen, outputNamed } from '../read-output.ts';

/** Reads `prediction`, `[rows]` or `[rows, 1]`, whose numbers may be NaN. */
export function readNumbers(outputs: Readonly<Record<string, Tensor>>, rows: number): Predictions {
  const prediction = outputNamed(outputs, 'prediction');
  if (prediction.data.length !== rows) throw misshapen('prediction', prediction, rows, '[rows]');
  return { answer: floatsOf('prediction', prediction), scores: new Float64Array(), width: 0 };
}
