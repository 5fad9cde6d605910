import type { Predictions } from '../../contracts/data/frame.ts';
import type { Outcomes } from './metric.ts';

/** Outcomes and predictions of some rows, in the order that is given. */
export function rowsOf(
  rows: ArrayLike<number>,
  { outcomes, predictions }: { readonly outcomes: Outcomes; readonly predictions: Predictions },
): { outcomes: Outcomes; predictions: Predictions } {
  const { truth, query, weights } = outcomes;
  const { answer, scores, width } = predictions;
  const taken = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i += 1) {
    const from = rows[i]! * width;
    taken.set(scores.subarray(from, from + width), i * width);
  }
  return {
    outcomes: {
      truth: Float64Array.from(rows, (row) => truth[row]!),
      ...(query === undefined ? {} : { query: Int32Array.from(rows, (row) => query[row]!) }),
      ...(weights === undefined ? {} : { weights: Float64Array.from(rows, (row) => weights[row]!) }),
    },
    predictions: { answer: Float64Array.from(rows, (row) => answer[row]!), scores: taken, width },
  };
}
