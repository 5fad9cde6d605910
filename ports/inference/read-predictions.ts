import { PawlError } from '../../contracts/errors.ts';
import type { Predictions } from '../../contracts/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Tensor } from '../../contracts/tensor.ts';

type Label = string | number | boolean;

/**
 * Reads `label` (`[rows]` or `[rows, 1]`, text or numbers) and `probabilities` (`[rows, 2]` in the order negative, positive; or the
 * positive one alone, `[rows, 1]` or `[rows]`). Throws `InvalidModelError` for outputs that are no such predictions.
 */
export function readPredictions(outputs: Readonly<Record<string, Tensor>>, rows: number, positive: Label): Predictions {
  const label = output(outputs, 'label');
  const probabilities = output(outputs, 'probabilities');
  if (label.data.length !== rows) throw misshapen('label', label, rows, '[rows]');
  const width = probabilities.data.length / rows;
  if (width !== 1 && width !== 2) throw misshapen('probabilities', probabilities, rows, '[rows, 2]');
  if (!(probabilities.data instanceof Float32Array || probabilities.data instanceof Float64Array)) {
    throw unusable(`its output "probabilities" is of ${probabilities.type}; it must be of float32 or float64`);
  }
  const values = probabilities.data;
  const isPositive = matcher(label, positive);
  return {
    positive: Uint8Array.from({ length: rows }, (_, row) => (isPositive(label.data[row]) ? 1 : 0)),
    probability: Float64Array.from({ length: rows }, (_, row) => values[row * width + width - 1] ?? Number.NaN),
  };
}

type LabelValue = string | number | bigint | undefined;

function matcher(label: Tensor, positive: Label): (value: LabelValue) => boolean {
  if (label.type === 'string') return (value) => value === String(positive);
  const wanted = Number(positive);
  if (Number.isNaN(wanted))
    throw unusable(`it answers with labels of ${label.type}, none of which can be "${positive}"`);
  return (value) => Number(value) === wanted;
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
  return new PawlError(errorTypes.invalidModel, `the model is no binary classifier that Pawl can judge: ${reason}`);
}
