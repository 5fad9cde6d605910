import type { Predictions } from '../../../contracts/data/frame.ts';
import { equalWidthBins } from '../../calibration/bins.ts';
import { debiasedEce } from '../../calibration/ece.ts';
import { aucOnce } from '../../metrics/auc-once.ts';
import { aucOf, rankScores, type Ranking } from '../../metrics/auc.ts';
import { rowLogLoss } from '../../metrics/binary.ts';
import {
  accuracyOf,
  balancedAccuracyOf,
  cellsOf,
  confusionOf,
  f1Of,
  mccOf,
  precisionOf,
  recallOf,
  type Confusion,
} from '../../metrics/confusion.ts';
import { mostFrequent, positive, shares, uncorrelated, type Constant } from '../constant.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import type { Metric, Outcomes } from '../metric.ts';

const ofConfusion = (
  name: Metric['name'],
  of: (confusion: Confusion) => number | null,
  constant: Constant = mostFrequent,
): Metric => ({
  name,
  constant,
  byAnswers: true,
  prepare: (outcomes, predictions) => {
    const { cells, whole } = countedOf(outcomes, predictions);
    return (weights) => of(weights === undefined ? whole : confusionOf(cells, weights));
  },
});

interface Counted {
  readonly truth: Float64Array;
  readonly cells: Uint8Array;
  readonly whole: Confusion;
}
const counted = new WeakMap<Predictions, Counted>();

/** The metrics of one confusion matrix share it, as long as the predictions are there. */
function countedOf({ truth }: Outcomes, predictions: Predictions): Counted {
  const known = counted.get(predictions);
  if (known?.truth === truth) return known;
  const cells = cellsOf(truth, predictions.answer);
  const made = { truth, cells, whole: confusionOf(cells) };
  counted.set(predictions, made);
  return made;
}

const ofLosses = (name: Metric['name'], loss: (label: number, probability: number) => number): Metric => ({
  name,
  constant: shares,
  prepare: ({ truth }, { scores }) => {
    const losses = new Float64Array(truth.length);
    for (let row = 0; row < losses.length; row++) losses[row] = loss(truth[row]!, scores[row]!);
    return meanOfRows(losses);
  },
});

/**
 * The metrics of a binary classifier; null where one is undefined (precision without predicted positives, AUC with one class). `ece` is the
 * debiased expected calibration error of the positive class over 15 bins of equal width.
 */
export const binaryMetrics: readonly Metric[] = [
  ofConfusion('accuracy', accuracyOf),
  ofConfusion('balancedAccuracy', balancedAccuracyOf),
  ofConfusion('precision', precisionOf, positive),
  ofConfusion('recall', recallOf, positive),
  ofConfusion('f1', f1Of, positive),
  ofConfusion('mcc', mccOf, uncorrelated),
  {
    name: 'auc',
    constant: shares,
    prepare: ({ truth }, { scores }) => {
      let ranked: { labels: Uint8Array; ranking: Ranking } | null = null;
      return (weights) => {
        if (weights === undefined) return aucOnce(truth, scores);
        const { labels, ranking } = (ranked ??= { labels: new Uint8Array(truth), ranking: rankScores(scores) });
        return aucOf(labels, ranking, weights);
      };
    },
  },
  ofLosses('logLoss', rowLogLoss),
  ofLosses('brier', (label, probability) => (probability - label) * (probability - label)),
  {
    name: 'ece',
    constant: shares,
    prepare: ({ truth }, { scores }) => {
      const labels = new Uint8Array(truth);
      return (weights) => debiasedEce(equalWidthBins(labels, scores, 15, weights));
    },
  },
];
