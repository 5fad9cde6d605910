import type { Predictions } from '../../contracts/data/frame.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';

/**
 * The greatest difference between predictions and others of the same rows, `columns` by the values that a row has: of probabilities as it
 * is, of numbers by the standard deviation of the others' (1 where that is 0). Infinite where one of them is not a number.
 */
export function greatestDifference(
  { answer, scores, width }: Predictions,
  columns: readonly Float64Array[],
  { kind }: Pick<LabelSpace, 'kind'>,
): number {
  const values = width > 0 ? scores : answer;
  let greatest = 0;
  for (const [at, others] of columns.entries()) {
    const unit = kind === 'classes' ? 1 : deviationOf(others) || 1;
    for (let row = 0; row < others.length; row++) {
      const difference = Math.abs(values[row * columns.length + at]! - others[row]!) / unit;
      if (!(difference <= greatest)) greatest = Number.isNaN(difference) ? Infinity : difference;
    }
  }
  return greatest;
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
