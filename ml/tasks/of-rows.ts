import type { Outcomes } from './metric.ts';
import type { LearnedLosses } from './task.ts';

/** The loss of each row, with its weight. */
export const ofRows = (
  { truth, weights }: Outcomes,
  lossOf: (label: number, row: number) => number,
): LearnedLosses => ({ losses: truth.map(lossOf), weights: weights ?? null });
