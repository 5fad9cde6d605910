import type { Predictions } from '../../contracts/data/frame.ts';
import { codeOfLabel, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { Metric } from './metric.ts';
import type { Task } from './task.ts';

/** Predictions that answer every row with the constant of the metric. */
export function constantBy(
  { constant }: Pick<Metric, 'constant'>,
  task: Pick<Task, 'constant'>,
  { truth, space, rows }: { readonly truth: Float64Array; readonly space: LabelSpace; readonly rows: number },
): { predictions: Predictions; words: string } {
  const answer = constant.of(truth);
  const label =
    space.kind === 'classes' ? JSON.stringify(codeOfLabel(answer, space)) : String(Number(answer.toPrecision(4)));
  return { predictions: task.constant(answer, { truth, space, rows }), words: constant.words(label) };
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
