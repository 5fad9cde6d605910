import { numberOfHalf } from '../../codec/float16.ts';
import { knownLabels, meaningOf, type Classes, type LabelMeaning } from '../../contracts/data/classes.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';

export interface PredictionChunk {
  /** 1 where the positive label was answered, else 0. */
  readonly positive: Uint8Array;
  /** Probability of the positive label as it was answered: it may be NaN or outside [0, 1]. */
  readonly probability: Float64Array;
}

/**
 * Reads `label` (`[rows]` or `[rows, 1]`, text, numbers or booleans) and `probabilities` (`[rows, 2]` in the order negative, positive; or the
 * positive one alone, `[rows, 1]` or `[rows]`). Throws `InvalidModelError` for outputs of another form, and for a label
 * that is none of the two classes.
 */
export function readPredictions(
  outputs: Readonly<Record<string, Tensor>>,
  rows: number,
  classes: Classes,
): PredictionChunk {
  const label = output(outputs, 'label');
  const probabilities = output(outputs, 'probabilities');
  if (label.data.length !== rows) throw misshapen('label', label, rows, '[rows]');
  const width = probabilities.data.length / rows;
  if (width !== 1 && width !== 2)
    throw misshapen('probabilities', probabilities, rows, '[rows, 2], one for each of two labels');
  if (!probabilities.type.startsWith('float'))
    throw unusable(`its output "probabilities" is of ${probabilities.type}; it must be of float32 or float64`);
  const meanings = new Map<unknown, LabelMeaning>();
  const positive = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const value = label.data[row];
    let meaning = meanings.get(value);
    if (meaning === undefined) {
      meaning = meaningOf(label.type === 'bool' ? value !== 0 : value, classes);
      meanings.set(value, meaning);
    }
    if (meaning === 'unknown' || meaning === 'missing')
      throw unusable(
        `it answers the label ${JSON.stringify(String(value))}, and "${classes.target}" knows ${knownLabels(classes)}. Correct positive and negative in the definition, or export the model with these labels`,
      );
    positive[row] = meaning === 'positive' ? 1 : 0;
  }
  const { data, type } = probabilities;
  return {
    positive,
    probability: Float64Array.from({ length: rows }, (_, row) => {
      const value = Number(data[row * width + width - 1] ?? Number.NaN);
      return type === 'float16' ? numberOfHalf(value) : value;
    }),
  };
}

function output(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const found = outputs[name];
  if (found) return found;
  throw unusable(`it has no output "${name}", only ${Object.keys(outputs).join(', ')}. Rename its outputs`);
}

function misshapen(name: string, { shape }: Tensor, rows: number, wanted: string): PawlError {
  return unusable(`its output "${name}" has shape [${shape.join(', ')}] for ${rows} rows; it must be ${wanted}`);
}

function unusable(reason: string): PawlError {
  return new PawlError(errorTypes.invalidModel, `the model is not a binary classifier that Pawl can judge: ${reason}`);
}
