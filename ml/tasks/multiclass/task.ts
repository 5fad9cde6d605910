import { reliabilityBins } from '../../metrics/curves.ts';
import { constantClass } from '../class-constant.ts';
import { accuracyGain, equalClasses, wrongRows } from '../class-rows.ts';
import { rowLogLoss } from '../../metrics/binary.ts';
import { ofRows } from '../of-rows.ts';
import type { Task } from '../task.ts';
import { multiclassBoosting } from './boosting.ts';
import { auditClasses } from './audit.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { findFaults } from './faults.ts';
import { multiclassHead } from './head.ts';
import { multiclassLinear } from './linear.ts';
import { multiclassMetrics } from './metrics.ts';
import { readClasses } from './read.ts';

/** One of several labels. */
export const multiclass: Task = {
  name: 'multiclass',
  metrics: multiclassMetrics,
  importance: 'logLoss',
  sliceMetrics: ['accuracy', 'logLoss'],
  accuracy: 'accuracy',
  read: readClasses,
  constant: constantClass,
  findFaults,
  capOf: () => 1,
  losses: wrongRows,
  gain: accuracyGain,
  agreement: (_, reference, other) => equalClasses(reference, other),
  drawings: (outcomes, predictions, space) => {
    const { answer, scores, width } = predictions;
    const right = Uint8Array.from(outcomes.truth, (label, row) => Number(label === answer[row]));
    const confidence = answer.map((label, row) => scores[row * width + label]!);
    return {
      roc: [],
      reliability: reliabilityBins(right, confidence),
      confusion: confusionMatrix(outcomes, predictions, space),
    };
  },
  audit: auditClasses,
  learnedLosses: (outcomes, { scores, width }) =>
    ofRows(outcomes, (of, row) => rowLogLoss(1, scores[row * width + of]!)),
  boosting: multiclassBoosting,
  byRows: multiclassBoosting,
  linear: multiclassLinear,
  head: multiclassHead,
};
