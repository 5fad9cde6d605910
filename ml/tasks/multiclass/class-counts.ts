import type { Predictions } from '../../../contracts/data/frame.ts';
import type { Outcomes } from '../metric.ts';

/** Rows by class. */
export interface ClassCounts {
  /** Rows of the class that were answered with it. */
  readonly hits: Float64Array;
  /** Rows of the class. */
  readonly truths: Float64Array;
  /** Rows that were answered with the class. */
  readonly answers: Float64Array;
}

/** Counts truth and answer by class; `weights` count each row so many times. O(rows + classes). */
export function countClasses(
  { truth }: Outcomes,
  { answer, width }: Pick<Predictions, 'answer' | 'width'>,
  weights?: ArrayLike<number>,
): ClassCounts {
  const hits = new Float64Array(width);
  const truths = new Float64Array(width);
  const answers = new Float64Array(width);
  for (let row = 0; row < truth.length; row++) {
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    const [of, as] = [truth[row] ?? 0, answer[row] ?? 0];
    truths[of] = (truths[of] ?? 0) + weight;
    answers[as] = (answers[as] ?? 0) + weight;
    if (of === as) hits[of] = (hits[of] ?? 0) + weight;
  }
  return { hits, truths, answers };
}
