import type { Predictions } from '../../contracts/data/frame.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import type { AttributeAudit } from '../../contracts/evidence/fairness.ts';
import type { QualityEvidence } from '../../contracts/evidence/quality.ts';
import type { MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { TaskName } from '../../contracts/model/tasks/names.ts';
import type { Groups } from '../fairness/groups.ts';
import type { Objective } from '../gbdt/objective.ts';
import type { LinearLoss } from '../linear/loss.ts';
import type { Head } from '../training/head.ts';
import type { Metric, Outcomes } from './metric.ts';

/** What is wrong with predictions, before any metric is computed of them. */
export type PredictionFaults = QualityEvidence['faults'];

/** A task: all that depends on what a model predicts. `tasks/index.ts` lists them. */
export interface Task {
  readonly name: TaskName;
  /** In the order in which they are shown. */
  readonly metrics: readonly Metric[];
  /** The metric whose loss says how much a column matters. */
  readonly importance: MetricName;
  /** Metrics of a slice, in order of importance. */
  readonly sliceMetrics: readonly MetricName[];
  /** What 1 less the mean of `losses` is called. */
  readonly accuracy: string;
  /** Reads a model's outputs. Throws `InvalidModelError` for outputs of another form, and for a label that is none of the target's. */
  readonly read: (outputs: Readonly<Record<string, Tensor>>, rows: number, space: LabelSpace) => Predictions;
  /** What needs no model: the same answer to so many rows, with scores from the labels of the training rows (at least one). */
  readonly constant: (answer: number, job: ConstantJob) => Predictions;
  readonly findFaults: (predictions: Predictions) => PredictionFaults;
  /**
   * What errors of numbers are bounded by; 1 where labels are classes. Above 0.
   */
  readonly capOf: (truth: Float64Array) => number;
  /** The loss of each row, in [0, 1]: 1 for a wrong class; of a number the absolute error by `cap`, at most 1. */
  readonly losses: (outcomes: Outcomes, predictions: Predictions, cap: number) => Float64Array;
  /** How much `accuracy` gains over the reference's on the same rows, in [-1, 1], with an interval. */
  readonly gain: (
    outcomes: Outcomes,
    answers: { readonly candidate: Predictions; readonly reference: Predictions },
    options: GainOptions,
  ) => { estimate: number; lower: number; upper: number };
  /** Share of the rows to which both say the same, as far as it matters; in [0, 1]. */
  readonly agreement: (outcomes: Outcomes, reference: Predictions, other: Predictions) => number;
  readonly drawings: (
    outcomes: Outcomes,
    predictions: Predictions,
    space: LabelSpace,
  ) => Pick<QualityEvidence, 'roc' | 'reliability' | 'confusion'>;
  readonly audit: (audit: FairnessAudit) => AttributeAudit;
  /** The last layer of networks, their loss, and the outputs of what is exported. */
  readonly head: Head;
  /** The losses that trainers are compared by: of each row the log loss, squared error or mean pinball loss; of each query 1 less its NDCG. */
  readonly learnedLosses: (outcomes: Outcomes, predictions: Predictions) => LearnedLosses;
  /** How boosted trees learn it: scores are the values of the head, by labels that the head scales. */
  readonly boosting: Objective;
  /** How a linear model learns it, row by row of the same scores and labels. */
  readonly linear: LinearLoss;
  /** Where a linear model starts, and its loss. */
  readonly byRows: Pick<Objective, 'start' | 'loss'>;
}

export interface LearnedLosses {
  readonly losses: Float64Array;
  /** How much each counts; null where each counts once. */
  readonly weights: Float64Array | null;
}

export interface ConstantJob {
  /** Labels of the training rows. */
  readonly trained: Outcomes;
  readonly space: LabelSpace;
  readonly rows: number;
}

export interface GainOptions {
  readonly cap: number;
  readonly resamples: number;
  readonly alpha: number;
  readonly seed: number;
}

export interface FairnessAudit {
  readonly groups: Groups;
  readonly outcomes: Outcomes;
  readonly space: LabelSpace;
  readonly candidate: Predictions;
  /** The champion's on the same rows; null where there is none. */
  readonly champion: Predictions | null;
  readonly cap: number;
  /** A group with fewer rows has no rates. */
  readonly minGroupRows: number;
  /** Fewest positives for TPR, negatives for FPR, predicted positives for precision. */
  readonly minGroupEvents: number;
  /** Intervals of one metric hold together with chance `1 - alpha`. */
  readonly alpha: number;
  /** Draws for the critical value of the simultaneous intervals. */
  readonly resamples: number;
  readonly seed: number;
}
