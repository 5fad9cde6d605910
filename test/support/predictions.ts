import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import { metricsNamed, taskFor } from '../../ml/tasks/index.ts';
import type { Metric, Outcomes } from '../../ml/tasks/metric.ts';

/** Predictions of a binary task: probabilities of the positive label, and the labels, by a threshold of .5 unless they are given. */
export const predictionsOf = (
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number> = Array.from(probabilities, (p) => (p >= 0.5 ? 1 : 0)),
): Predictions => ({ answer: Float64Array.from(labels), scores: Float64Array.from(probabilities), width: 1 });

/** Labels as outcomes: 1 is positive. */
export const outcomesOf = (labels: ArrayLike<number>): Outcomes => ({ truth: Float64Array.from(labels) });

/** Metrics of a binary task. */
export const binaryMetricsNamed = (...names: readonly MetricName[]): Metric[] =>
  metricsNamed(taskFor({ task: 'binary' }), names);
