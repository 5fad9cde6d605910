import { metricFacts, type MetricName } from '../contracts/model/tasks/metric-names.ts';
import type { Reproduction } from '../contracts/run/reproduction.ts';

/** Greatest differences that rounding on another machine makes: of weights, and of predictions. */
export const weightsTolerance = 1e-4;
export const predictionsTolerance = 1e-3;

export interface Compared extends Pick<Reproduction, 'weights' | 'predictions'> {
  readonly isSame: boolean;
  readonly metric: { readonly name: MetricName; readonly recorded: number | null; readonly trained: number | null };
}

/** How far two trainings agree. `margin`: how much worse the metric that decides may be. */
export function agreementOf(
  { isSame, weights, predictions, metric }: Compared,
  margin: number,
): Reproduction['agreement'] {
  if (isSame) return 'bytes';
  if (weights !== null && weights <= weightsTolerance) return 'weights';
  if (predictions <= predictionsTolerance) return 'predictions';
  const { recorded, trained, name } = metric;
  if (recorded === null || trained === null) return 'nothing';
  const loss = metricFacts[name].direction === 'higher' ? recorded - trained : trained - recorded;
  return loss <= margin ? 'metric' : 'nothing';
}
