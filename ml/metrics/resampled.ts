import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricName } from '../../contracts/model/model-definition.ts';
import { equalWidthBins } from '../calibration/bins.ts';
import { debiasedEce } from '../calibration/ece.ts';
import { aucOf, rankScores } from './auc.ts';
import { rowLogLoss } from './binary.ts';
import { confusionOf, f1Of, precisionOf, recallOf } from './confusion.ts';
import type { Confusion } from './confusion.ts';

/** A metric of the rows taken so many times each; null where it is undefined. */
export type MetricOfResample = (weights: Int32Array) => number | null;

/** Prepares once what every resample shares (ranks, losses by row), so that each costs O(rows). */
export function resampledMetric(metric: MetricName, labels: Uint8Array, predictions: Predictions): MetricOfResample {
  const { positive, probability } = predictions;
  const byConfusion =
    (of: (confusion: Confusion) => number | null): MetricOfResample =>
    (weights) =>
      of(confusionOf(labels, positive, weights));
  switch (metric) {
    case 'accuracy':
      return meanOf(labels, (label, row) => (label === positive[row] ? 1 : 0));
    case 'precision':
      return byConfusion(precisionOf);
    case 'recall':
      return byConfusion(recallOf);
    case 'f1':
      return byConfusion(f1Of);
    case 'auc': {
      const ranking = rankScores(probability);
      return (weights) => aucOf(labels, ranking, weights);
    }
    case 'logLoss':
      return meanOf(labels, (label, row) => rowLogLoss(label, probability[row] ?? 0));
    case 'brier':
      return meanOf(labels, (label, row) => ((probability[row] ?? 0) - label) ** 2);
    case 'ece':
      return (weights) => debiasedEce(equalWidthBins(labels, probability, 15, weights));
  }
}

function meanOf(labels: Uint8Array, of: (label: number, row: number) => number): MetricOfResample {
  const values = Float64Array.from(labels, of);
  return (weights) => {
    let sum = 0;
    let rows = 0;
    for (let row = 0; row < values.length; row++) {
      const weight = weights[row] ?? 0;
      sum += weight * (values[row] ?? 0);
      rows += weight;
    }
    return rows === 0 ? null : sum / rows;
  };
}
