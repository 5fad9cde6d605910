import type { Predictions } from '../../../contracts/data/frame.ts';
import { equalWidthBins } from '../../calibration/bins.ts';
import { debiasedEce } from '../../calibration/ece.ts';
import { rowLogLoss } from '../../metrics/binary.ts';
import { ratio } from '../../metrics/confusion.ts';
import { anyByShare, anyByWeight, mostFrequent, shares, uncorrelated } from '../constant.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import type { Metric, MetricOfRows, Outcomes } from '../metric.ts';
import { oneVsOneAuc, oneVsRestAuc } from './auc.ts';
import { countClasses } from './class-counts.ts';
import type { ClassCounts } from './class-counts.ts';

/** Metrics of one class against all others; null where there is nothing to divide by. */
export interface ClassMetrics {
  /** Share of the answers with the class that are right, in [0, 1]; null where it was never answered. */
  readonly precision: number | null;
  /** Share of the rows of the class that were answered with it, in [0, 1]; null where it has no rows. */
  readonly recall: number | null;
  /**
   * Harmonic mean of precision and recall, `2 hits / (truths + answers)`, in [0, 1]; null where the class has neither
   * rows nor answers.
   */
  readonly f1: number | null;
  /** Rows of the class. */
  readonly rows: number;
}

/**
 * Metrics of each class, by its index; as scikit-learn's `precision_recall_fscore_support(average=None)`, with null for
 * 0 / 0.
 */
export function classMetrics(outcomes: Outcomes, predictions: Predictions): ClassMetrics[] {
  const counts = countClasses(outcomes, predictions);
  return Array.from(counts.truths, (rows, of) => ({
    precision: ratio(counts.hits[of] ?? 0, counts.answers[of] ?? 0),
    recall: ratio(counts.hits[of] ?? 0, rows),
    f1: f1OfClass(counts, of),
    rows,
  }));
}

const f1OfClass = ({ hits, truths, answers }: ClassCounts, of: number): number | null =>
  ratio(2 * (hits[of] ?? 0), (truths[of] ?? 0) + (answers[of] ?? 0));

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** Share of right answers, `sum hits / n`, in [0, 1], 1 is perfect. Null without rows. */
const accuracyOf = ({ hits, truths }: ClassCounts): number | null => ratio(sumOf(hits), sumOf(truths));

/** Mean of `of` over the classes that it is not null for; null where there are none. */
function meanOverClasses(counts: ClassCounts, of: (one: number) => number | null): number | null {
  let [sum, classes] = [0, 0];
  for (let one = 0; one < counts.truths.length; one++) {
    const value = of(one);
    if (value === null) continue;
    sum += value;
    classes += 1;
  }
  return ratio(sum, classes);
}

/**
 * Mean recall, `mean of hits / truths` over the classes with rows, in [0, 1]; 1 is perfect, 1 / classes is what a
 * constant answer gets. Null without rows. As scikit-learn's `balanced_accuracy_score`: a class that was only answered
 * does not count.
 */
const balancedAccuracyOf = (counts: ClassCounts): number | null =>
  meanOverClasses(counts, (one) => ratio(counts.hits[one] ?? 0, counts.truths[one] ?? 0));

/**
 * Mean precision, `mean of hits / answers` over the classes with rows or answers, in [0, 1], 1 is perfect. A class with
 * rows that was never answered counts as 0. Null without rows. As scikit-learn's `precision_score(average='macro',
 * zero_division=0)`.
 */
const macroPrecisionOf = (counts: ClassCounts): number | null =>
  meanOverClasses(counts, (one) => {
    const answers = counts.answers[one] ?? 0;
    if (answers === 0) return counts.truths[one] === 0 ? null : 0;
    return (counts.hits[one] ?? 0) / answers;
  });

/**
 * Mean F1, `mean of 2 hits / (truths + answers)` over the classes with rows or answers, in [0, 1], 1 is perfect. Null
 * without rows. As scikit-learn's `f1_score(average='macro', zero_division=0)`.
 */
const macroF1Of = (counts: ClassCounts): number | null => meanOverClasses(counts, (one) => f1OfClass(counts, one));

/**
 * Mean F1 of the classes, each weighted by its rows, in [0, 1], 1 is perfect. Null without rows. As scikit-learn's
 * `f1_score(average='weighted', zero_division=0)`.
 */
function weightedF1Of(counts: ClassCounts): number | null {
  const sum = counts.truths.reduce((sum, rows, one) => sum + rows * (f1OfClass(counts, one) ?? 0), 0);
  return ratio(sum, sumOf(counts.truths));
}

/**
 * Matthews correlation of truth and answer (Gorodkin 2004), `(c s - sum p t) / sqrt((s^2 - sum p^2) (s^2 - sum t^2))`
 * with c right answers of s rows, and t rows and p answers of each class. In [-1, 1]; 1 is perfect, 0 is what answers
 * independent of the truth get. Null where all truths or all answers are of one class: it is 0 / 0 there, and
 * scikit-learn's `matthews_corrcoef` says 0.
 */
function mccOf({ hits, truths, answers }: ClassCounts): number | null {
  if (classesIn(truths) < 2 || classesIn(answers) < 2) return null;
  const rows = sumOf(truths);
  let [together, ofTruth, ofAnswer] = [sumOf(hits) * rows, rows * rows, rows * rows];
  for (let one = 0; one < truths.length; one++) {
    const [t, p] = [truths[one] ?? 0, answers[one] ?? 0];
    together -= t * p;
    ofTruth -= t * t;
    ofAnswer -= p * p;
  }
  return Math.max(-1, Math.min(1, together / Math.sqrt(ofTruth * ofAnswer)));
}

const classesIn = (counts: Float64Array): number =>
  counts.reduce((classes, count) => (count > 0 ? classes + 1 : classes), 0);

const byCounts =
  (of: (counts: ClassCounts) => number | null): Metric['prepare'] =>
  (outcomes, predictions) =>
  (weights) =>
    of(countClasses(outcomes, predictions, weights));

/**
 * Share of rows whose true class is among the three with the highest scores, in [0, 1], 1 is perfect. Of classes with
 * equal scores the ones with the higher index count as higher, as in scikit-learn's `top_k_accuracy_score(k=3)`. Null
 * without rows, and with three classes or fewer, where it would be 1 with any scores.
 */
function top3Of({ truth }: Outcomes, { scores, width }: Predictions): MetricOfRows {
  if (width <= 3) return () => null;
  const isAmong = Float64Array.from(truth, (of, row) => {
    const score = scores[row * width + of] ?? 0;
    let higher = 0;
    for (let other = 0; other < width; other++) {
      const found = scores[row * width + other] ?? 0;
      if (found > score || (found === score && other > of)) higher += 1;
    }
    return higher < 3 ? 1 : 0;
  });
  return meanOfRows(isAmong);
}

/**
 * Mean over the rows of `-ln` of the probability of the true class, clipped at 2^-52 from 0 and 1. In nats, at least 0,
 * 0 is perfect; `ln` of the number of classes is what equal probabilities get. Null without rows. As scikit-learn's
 * `log_loss`.
 */
const logLossOf = ({ truth }: Outcomes, { scores, width }: Predictions): MetricOfRows =>
  meanOfRows(Float64Array.from(truth, (of, row) => rowLogLoss(1, scores[row * width + of] ?? 0)));

/**
 * Half the mean over the rows of `sum over classes of (probability - 1 or 0)^2` (Brier 1950). The sum lies in [0, 2]:
 * it is halved, so that the metric lies in [0, 1] and equals the binary one with two classes; 0 is perfect. Null
 * without rows. As scikit-learn's `brier_score_loss(scale_by_half=True)`.
 */
function brierOf({ truth }: Outcomes, { scores, width }: Predictions): MetricOfRows {
  const halves = Float64Array.from(truth, (of, row) => {
    let sum = 0;
    for (let one = 0; one < width; one++) sum += ((scores[row * width + one] ?? 0) - (one === of ? 1 : 0)) ** 2;
    return sum / 2;
  });
  return meanOfRows(halves);
}

/**
 * Debiased expected calibration error of the confidence: how far the probability of the answered class is from the
 * share of right answers, over 15 bins of equal width (`debiasedEce`). In [0, 1], 0 is calibrated. Null without rows.
 */
function eceOf({ truth }: Outcomes, { answer, scores, width }: Predictions): MetricOfRows {
  const isRight = Uint8Array.from(truth, (of, row) => (of === answer[row] ? 1 : 0));
  const confidence = Float64Array.from(answer, (as, row) => scores[row * width + as] ?? 0);
  return (weights) => debiasedEce(equalWidthBins(isRight, confidence, 15, weights));
}

/**
 * Metrics of a multiclass task: truth and answer are indices of classes, scores their probabilities. A class with
 * weight 0 in all its rows does not occur.
 */
export const multiclassMetrics: readonly Metric[] = [
  { name: 'accuracy', constant: mostFrequent, byAnswers: true, prepare: byCounts(accuracyOf) },
  { name: 'balancedAccuracy', constant: mostFrequent, byAnswers: true, prepare: byCounts(balancedAccuracyOf) },
  { name: 'macroPrecision', constant: anyByShare, byAnswers: true, prepare: byCounts(macroPrecisionOf) },
  { name: 'macroF1', constant: anyByShare, byAnswers: true, prepare: byCounts(macroF1Of) },
  { name: 'weightedF1', constant: anyByWeight, byAnswers: true, prepare: byCounts(weightedF1Of) },
  { name: 'mcc', constant: uncorrelated, byAnswers: true, prepare: byCounts(mccOf) },
  { name: 'top3', constant: shares, prepare: top3Of },
  { name: 'aucOneVsRest', constant: shares, prepare: oneVsRestAuc },
  { name: 'aucOneVsOne', constant: shares, prepare: oneVsOneAuc },
  { name: 'logLoss', constant: shares, prepare: logLossOf },
  { name: 'brier', constant: shares, prepare: brierOf },
  { name: 'ece', constant: shares, prepare: eceOf },
];
