import type { Predictions } from '../../contracts/data/frame.ts';
import { codeOfLabel, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { Metric, Outcomes } from './metric.ts';
import type { Task } from './task.ts';

/** Predictions that answer every row with the constant of the metric, by the labels of training rows. */
export function constantBy(
  { constant }: Pick<Metric, 'constant'>,
  task: Pick<Task, 'constant'>,
  { trained, space, rows }: { readonly trained: Outcomes; readonly space: LabelSpace; readonly rows: number },
): { predictions: Predictions; words: string } {
  const answer = constant.of(trained.truth, trained.weights);
  const label =
    space.kind === 'classes' ? JSON.stringify(codeOfLabel(answer, space)) : String(Number(answer.toPrecision(4)));
  const predictions = task.constant(answer, { trained, space, rows });
  const drawn = constant.draw?.(trained.truth, rows, trained.weights);
  return {
    predictions: drawn === undefined ? predictions : { ...predictions, answer: drawn },
    words: constant.words(label),
  };
}

/** The metric, worth what its constant says where it is 0 / 0. */
export function besideConstant(metric: Metric): Metric {
  const { worth } = metric.constant;
  if (worth === undefined) return metric;
  return {
    ...metric,
    prepare: (outcomes, predictions) => {
      const of = metric.prepare(outcomes, predictions);
      return (weights) => of(weights) ?? worth;
    },
  };
}
