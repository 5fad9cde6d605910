import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';

/** What came out for the rows: the index of a class, or a number. */
export interface Outcomes {
  readonly truth: Float64Array;
  /** Of a ranking: the number of each row's query. */
  readonly query?: Int32Array;
}

/** A metric of the rows, each counted `weights[row]` times (once where it is left out); null where it is undefined. */
export type MetricOfRows = (weights?: ArrayLike<number>) => number | null;

export interface Metric {
  readonly name: MetricName;
  /** Whether more of it is better: scores are `higher`, losses `lower`. */
  readonly direction: 'higher' | 'lower';
  /** `share`: in [0, 1]. `target`: in the unit of the target. `none`: a number without a unit. */
  readonly unit: 'share' | 'target' | 'none';
  /** Prepares once what every weighting shares (ranks, losses by row), so that each costs O(rows). */
  readonly prepare: (outcomes: Outcomes, predictions: Predictions) => MetricOfRows;
}
