import type { Predictions } from '../../../contracts/data/frame.ts';
import { mean, median, relativeMedian } from '../constant.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import type { Metric, MetricOfRows, Outcomes } from '../metric.ts';

/**
 * Mean of `|truth - answer|`, in the unit of the target, at least 0, 0 is perfect. Null without rows. As
 * `mean_absolute_error`.
 */
const maeOf = ({ truth }: Outcomes, { answer }: Predictions): MetricOfRows =>
  meanOfRows(Float64Array.from(truth, (of, row) => Math.abs(of - (answer[row] ?? 0))));

/**
 * Root of the mean of `(truth - answer)^2`, in the unit of the target, at least 0, 0 is perfect; large errors count
 * more than in `mae`. Null without rows. As scikit-learn's `root_mean_squared_error`.
 */
function rmseOf(outcomes: Outcomes, predictions: Predictions): MetricOfRows {
  const meanSquare = meanOfRows(squaresOf(outcomes, predictions));
  return (weights) => {
    const found = meanSquare(weights);
    return found === null ? null : Math.sqrt(found);
  };
}

const squaresOf = ({ truth }: Outcomes, { answer }: Predictions): Float64Array =>
  Float64Array.from(truth, (of, row) => (of - (answer[row] ?? 0)) ** 2);

/**
 * Share of the variance of the truth that the answers explain, `1 - sum (truth - answer)^2 / sum (truth - mean
 * truth)^2`. At most 1, without a lower end: 1 is perfect, 0 is what the mean of the truth gets as a constant answer.
 * Null where the truth does not vary, one row included: scikit-learn's `r2_score` says 0 or 1 there.
 */
function r2Of(outcomes: Outcomes, predictions: Predictions): MetricOfRows {
  const { truth } = outcomes;
  const squares = squaresOf(outcomes, predictions);
  return (weights) => {
    const weightOf = (row: number): number => (weights === undefined ? 1 : (weights[row] ?? 0));
    let first = 0;
    while (first < truth.length && weightOf(first) === 0) first++;
    // Distances from a counted truth: they are exactly 0 where the truth does not vary.
    const origin = truth[first] ?? 0;
    let [rows, sum, residual] = [0, 0, 0];
    for (let row = first; row < truth.length; row++) {
      const weight = weightOf(row);
      rows += weight;
      sum += weight * ((truth[row] ?? 0) - origin);
      residual += weight * (squares[row] ?? 0);
    }
    const mean = sum / rows;
    let total = 0;
    for (let row = first; row < truth.length; row++) total += weightOf(row) * ((truth[row] ?? 0) - origin - mean) ** 2;
    return total === 0 ? null : 1 - residual / total;
  };
}

/**
 * Mean of `|truth - answer| / |truth|` over the rows with a truth other than 0; without a unit, at least 0, without an
 * upper end: 0 is perfect, 1 is an error as large as the truth. Null where every truth is 0. Two traps: rows with truth
 * 0 are left out, so answers there cost nothing; and it prefers low forecasts, as an answer below a positive truth
 * costs at most 1 and one above it any number. As scikit-learn's `mean_absolute_percentage_error` of the rows that
 * count.
 */
function mapeOf({ truth }: Outcomes, { answer }: Predictions): MetricOfRows {
  const rows = Int32Array.from(truth.keys()).filter((row) => truth[row] !== 0);
  const errors = Float64Array.from(rows, (row) => {
    const of = truth[row] ?? 0;
    return Math.abs(of - (answer[row] ?? 0)) / Math.abs(of);
  });
  return meanOfRows(errors, rows);
}

/** Metrics of a regression of the mean: truth and answer are numbers in the unit of the target. */
export const regressionMetrics: readonly Metric[] = [
  { name: 'mae', constant: median, prepare: maeOf },
  { name: 'rmse', constant: mean, prepare: rmseOf },
  { name: 'r2', constant: mean, prepare: r2Of },
  { name: 'mape', constant: relativeMedian, prepare: mapeOf },
];
