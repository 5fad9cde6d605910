import { equalWidthBins } from '../../calibration/bins.ts';
import { debiasedEce } from '../../calibration/ece.ts';
import { aucOf, rankScores } from '../../metrics/auc.ts';
import { rowLogLoss } from '../../metrics/binary.ts';
import {
  accuracyOf,
  balancedAccuracyOf,
  confusionOf,
  f1Of,
  mccOf,
  precisionOf,
  recallOf,
  type Confusion,
} from '../../metrics/confusion.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import type { Metric } from '../metric.ts';

const ofConfusion = (name: Metric['name'], of: (confusion: Confusion) => number | null): Metric => ({
  name,
  byAnswers: true,
  prepare: ({ truth }, { answer }) => {
    const [labels, positive] = [new Uint8Array(truth), new Uint8Array(answer)];
    return (weights) => of(confusionOf(labels, positive, weights));
  },
});

/**
 * The metrics of a binary classifier; null where one is undefined (precision without predicted positives, AUC with one class). `ece` is the
 * debiased expected calibration error of the positive class over 15 bins of equal width.
 */
export const binaryMetrics: readonly Metric[] = [
  ofConfusion('accuracy', accuracyOf),
  ofConfusion('balancedAccuracy', balancedAccuracyOf),
  ofConfusion('precision', precisionOf),
  ofConfusion('recall', recallOf),
  ofConfusion('f1', f1Of),
  ofConfusion('mcc', mccOf),
  {
    name: 'auc',
    prepare: ({ truth }, { scores }) => {
      const [labels, ranking] = [new Uint8Array(truth), rankScores(scores)];
      return (weights) => aucOf(labels, ranking, weights);
    },
  },
  {
    name: 'logLoss',
    prepare: ({ truth }, { scores }) => meanOfRows(truth.map((label, row) => rowLogLoss(label, scores[row] ?? 0))),
  },
  {
    name: 'brier',
    prepare: ({ truth }, { scores }) => meanOfRows(truth.map((label, row) => ((scores[row] ?? 0) - label) ** 2)),
  },
  {
    name: 'ece',
    prepare: ({ truth }, { scores }) => {
      const labels = new Uint8Array(truth);
      return (weights) => debiasedEce(equalWidthBins(labels, scores, 15, weights));
    },
  },
];
