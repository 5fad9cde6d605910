import { reliabilityBins, rocPoints } from '../../metrics/curves.ts';
import { accuracyGain, equalClasses, wrongRows } from '../class-rows.ts';
import { meanOfRows } from '../mean-of-rows.ts';
import { rowLogLoss } from '../../metrics/binary.ts';
import { ofRows } from '../of-rows.ts';
import type { Task } from '../task.ts';
import { binaryBoosting } from './boosting.ts';
import { auditBinary } from './audit.ts';
import { findFaults } from './faults.ts';
import { binaryHead } from './head.ts';
import { binaryLinear } from './linear.ts';
import { binaryMetrics } from './metrics.ts';
import { readBinary } from './read.ts';

/** One of two labels. */
export const binary: Task = {
  name: 'binary',
  metrics: binaryMetrics,
  importance: 'auc',
  sliceMetrics: ['accuracy', 'auc'],
  accuracy: 'accuracy',
  read: readBinary,
  constant: (answer, { trained, rows }) => {
    const positive = meanOfRows(trained.truth)(trained.weights) ?? NaN;
    return { answer: new Float64Array(rows).fill(answer), scores: new Float64Array(rows).fill(positive), width: 1 };
  },
  findFaults,
  capOf: () => 1,
  losses: wrongRows,
  gain: accuracyGain,
  agreement: (_, reference, other) => equalClasses(reference, other),
  drawings: ({ truth }, { scores }) => {
    const labels = new Uint8Array(truth);
    return { roc: rocPoints(labels, scores), reliability: reliabilityBins(labels, scores), confusion: null };
  },
  audit: auditBinary,
  learnedLosses: (outcomes, { scores }) => ofRows(outcomes, (label, row) => rowLogLoss(label, scores[row]!)),
  boosting: binaryBoosting,
  byRows: binaryBoosting,
  linear: binaryLinear,
  head: binaryHead,
};
