import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricValues } from '../../contracts/evidence/quality.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { Constant } from './constant.ts';

/** What came out for the rows: the index of a class, or a number. */
export interface Outcomes {
  readonly truth: Float64Array;
  /** Of a ranking: the number of each row's query. */
  readonly query?: Int32Array;
  /** How much each row counts, 0 or more, with a mean of 1. @default once each */
  readonly weights?: Float64Array;
}

/** A metric of the rows, each counted `weights[row]` times (once where it is left out); null where it is undefined. */
export type MetricOfRows = (weights?: ArrayLike<number>) => number | null;

export interface Metric {
  readonly name: MetricName;
  /** It is defined by the answers alone, so that scores that are at fault do not matter. */
  readonly byAnswers?: true;
  readonly constant: Constant;
  /** Prepares once what every weighting shares (ranks, losses by row), so that each costs O(rows). */
  readonly prepare: (outcomes: Outcomes, predictions: Predictions) => MetricOfRows;
}

/** The metric of rows that count by their weights, and as many times as they are drawn. */
export function weighted(
  { prepare }: Pick<Metric, 'prepare'>,
  outcomes: Outcomes,
  predictions: Predictions,
): MetricOfRows {
  const of = prepare(outcomes, predictions);
  const { weights } = outcomes;
  if (weights === undefined) return of;
  const both = new Float64Array(weights.length);
  return (counts) => {
    if (counts === undefined) return of(weights);
    for (let row = 0; row < both.length; row += 1) both[row] = counts[row]! * weights[row]!;
    return of(both);
  };
}

/**
 * The values of metrics of all rows; null where one is undefined. `hasScores`: whether scores are usable; else only metrics that are defined by the
 * answers have values.
 */
export const measure = (
  metrics: readonly Metric[],
  outcomes: Outcomes,
  predictions: Predictions,
  hasScores = true,
): MetricValues =>
  Object.fromEntries(
    metrics.map((metric) => [
      metric.name,
      hasScores || metric.byAnswers === true ? weighted(metric, outcomes, predictions)() : null,
    ]),
  );
