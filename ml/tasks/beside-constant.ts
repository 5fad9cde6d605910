import type { Predictions } from '../../contracts/data/frame.ts';
import { codeOfLabel, type LabelSpace } from '../../contracts/data/label-space.ts';
import type { MetricValues } from '../../contracts/evidence/quality.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { measure, type Metric, type Outcomes } from './metric.ts';
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

/** What needs no model, on rows with outcomes. */
export interface Baseline {
  readonly words: string;
  readonly predictions: Predictions;
  /** The metric that it is the best constant of, as `besideConstant`. */
  readonly metric: Metric;
  readonly metrics: MetricValues;
}

/** The constant of the primary metric, by the labels of the training rows (at least one), on other rows. Null where the task lacks the metric. */
export function baselineOf(
  task: Task,
  primary: MetricName,
  { trained, outcomes, space }: { readonly trained: Outcomes; readonly outcomes: Outcomes; readonly space: LabelSpace },
): Baseline | null {
  const metric = task.metrics.find(({ name }) => name === primary);
  if (metric === undefined) return null;
  const { predictions, words } = constantBy(metric, task, { trained, space, rows: outcomes.truth.length });
  const metrics = measure(task.metrics.map(besideConstant), outcomes, predictions);
  return { words, predictions, metric: besideConstant(metric), metrics };
}
