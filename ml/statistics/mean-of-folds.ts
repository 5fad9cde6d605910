import type { Interval } from './proportion.ts';
import { studentQuantile } from './student.ts';

export interface FoldValue {
  /** What was measured on the fold's test rows. */
  readonly value: number;
  /** Rows that were trained on, and tested on. */
  readonly trained: number;
  readonly tested: number;
}

/**
 * Mean of what k >= 2 folds measured, with an interval at level `1 - alpha`, two-sided: the mean plus and minus `t s`, where t is the quantile of
 * Student's distribution with k - 1 degrees of freedom, and `s^2 = (1 / k + n_test / n_train)` times the variance of the values (Nadeau and Bengio
 * 2003). The second part stands for the training rows that folds share: without it the interval is too narrow. The ratio of rows is the mean over
 * the folds. Throws `RangeError` for fewer than two folds.
 */
export function meanOfFolds(folds: readonly FoldValue[], alpha: number): Interval {
  const count = folds.length;
  if (count < 2) throw new RangeError(`an interval needs two folds, not ${count}`);
  const mean = (of: (fold: FoldValue) => number): number => folds.reduce((sum, fold) => sum + of(fold), 0) / count;
  const estimate = mean(({ value }) => value);
  const variance = (count / (count - 1)) * mean(({ value }) => (value - estimate) ** 2);
  const ratio = mean(({ trained, tested }) => tested / trained);
  const half = studentQuantile(count - 1, alpha) * Math.sqrt((1 / count + ratio) * variance);
  return { estimate, lower: estimate - half, upper: estimate + half };
}
