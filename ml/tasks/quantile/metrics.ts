import { quantiles } from '../constant.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import type { Metric, MetricOfRows, Outcomes } from '../metric.ts';
import type { Predictions } from '../../../contracts/data/frame.ts';
import { regressionMetrics } from '../regression/metrics.ts';
import { middleOf } from './middle.ts';
import { pinballLosses } from './pinball.ts';

/** Mean pinball loss of the rows, in the unit of the target, at least 0, 0 is perfect. Null without rows. As scikit-learn's `mean_pinball_loss`. */
const pinballOf = (levels: readonly number[], { truth }: Outcomes, predictions: Predictions): MetricOfRows =>
  meanOfRows(pinballLosses(levels, truth, predictions));

/**
 * Share of the rows whose truth lies between the quantiles of the lowest and the highest level, both included; where
 * these cross, the row is not covered. In [0, 1]. More is not better without end: the goal is the distance of the
 * levels (.8 for .1 and .9). Null without rows, and with a single level, which spans no interval.
 */
function coverageOf(levels: readonly number[], { truth }: Outcomes, { scores, width }: Predictions): MetricOfRows {
  const [lowest, highest] = [levels.indexOf(Math.min(...levels)), levels.indexOf(Math.max(...levels))];
  if (lowest === highest) return () => null;
  const isCovered = Float64Array.from(truth, (of, row) =>
    (scores[row * width + lowest] ?? 0) <= of && of <= (scores[row * width + highest] ?? 0) ? 1 : 0,
  );
  return meanOfRows(isCovered);
}

/**
 * Metrics of a regression of quantiles: scores are the quantiles of `levels`, in that order, and the answer is the
 * middle one.
 */
export const quantileMetrics = (levels: readonly number[]): readonly Metric[] => {
  const constant = quantiles(levels[middleOf(levels)]!);
  return [
    { name: 'pinball', constant, prepare: pinballOf.bind(null, levels) },
    { name: 'coverage', constant, prepare: coverageOf.bind(null, levels) },
    ...regressionMetrics,
  ];
};
