import type { MetricValues } from '../../contracts/evidence/quality.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import type { MetricName } from '../../contracts/model/model-definition.ts';
import { equalWidthBins } from '../calibration/bins.ts';
import { debiasedEce } from '../calibration/ece.ts';
import { aucOf, rankScores } from './auc.ts';
import { accuracyOf, confusionOf, f1Of, precisionOf, recallOf } from './confusion.ts';

/** Whether more of a metric is better: scores are `higher`, losses `lower`. */
export function metricDirection(metric: MetricName): 'higher' | 'lower' {
  return metric === 'logLoss' || metric === 'brier' || metric === 'ece' ? 'lower' : 'higher';
}

/** Probabilities are kept this far from 0 and 1 in the log loss, as scikit-learn does. */
const clip = 2 ** -52;

/** `-ln` of the probability that was given to the true label, clipped at 2^-52 from 0 and 1. */
export function rowLogLoss(label: number, probability: number): number {
  const p = Math.min(1 - clip, Math.max(clip, probability));
  return label === 1 ? -Math.log(p) : -Math.log1p(-p);
}

/** Mean over the rows of `-ln` of the probability of the true label; in nats, at least 0, 0 is perfect. Null without rows. */
function logLossOf(labels: Uint8Array, probability: Float64Array): number | null {
  if (labels.length === 0) return null;
  return labels.reduce((sum, label, row) => sum + rowLogLoss(label, probability[row] ?? 0), 0) / labels.length;
}

/** Mean squared distance of probability and label (Brier 1950), in [0, 1], 0 is perfect. Null without rows. */
function brierOf(labels: Uint8Array, probability: Float64Array): number | null {
  if (labels.length === 0) return null;
  return labels.reduce((sum, label, row) => sum + ((probability[row] ?? 0) - label) ** 2, 0) / labels.length;
}

/**
 * All metrics of a binary classifier; null where one is undefined (precision without predicted positives, AUC with one
 * class). `ece` is the debiased expected calibration error of the positive class over 15 bins of equal width.
 */
export function computeMetrics(labels: Uint8Array, predictions: Predictions): MetricValues {
  const { probability } = predictions;
  return {
    ...labelMetrics(labels, predictions),
    auc: aucOf(labels, rankScores(probability)),
    logLoss: logLossOf(labels, probability),
    brier: brierOf(labels, probability),
    ece: debiasedEce(equalWidthBins(labels, probability)),
  };
}

/** The metrics of labels alone; null for those of probabilities, which a faulty model does not give. */
export function labelMetrics(labels: Uint8Array, { positive }: Pick<Predictions, 'positive'>): MetricValues {
  const confusion = confusionOf(labels, positive);
  return {
    accuracy: accuracyOf(confusion),
    precision: precisionOf(confusion),
    recall: recallOf(confusion),
    f1: f1Of(confusion),
    auc: null,
    logLoss: null,
    brier: null,
    ece: null,
  };
}
