import type { Predictions } from '../../contracts/data/frame.ts';
import { accuracyBootstrap } from '../statistics/accuracy-bootstrap.ts';
import type { Outcomes } from './metric.ts';
import type { Task } from './task.ts';

/** 1 for each row whose class was not answered, else 0. */
export const wrongRows = ({ truth }: Outcomes, { answer }: Predictions): Float64Array =>
  truth.map((label, row) => (label === answer[row] ? 0 : 1));

/** Share of the rows with the same class. */
export function equalClasses(reference: Predictions, other: Predictions): number {
  const equal = reference.answer.reduce((sum, label, row) => sum + (label === other.answer[row] ? 1 : 0), 0);
  return equal / reference.answer.length;
}

/** Accuracy gained over the reference's on the same rows. */
export const accuracyGain: Task['gain'] = ({ truth }, { candidate, reference }, { resamples, alpha, seed }) =>
  accuracyBootstrap({ labels: truth, candidate: candidate.answer, champion: reference.answer, resamples, alpha, seed });
