import { meanBootstrap } from '../../statistics/mean-bootstrap.ts';
import { ofRows } from '../of-rows.ts';
import type { Task } from '../task.ts';
import { regressionBoosting } from './boosting.ts';
import { auditNumbers } from './audit.ts';
import { boundedErrors } from './bounded-errors.ts';
import { errorCap } from './error-cap.ts';
import { findFaults } from './faults.ts';
import { regressionHead } from './head.ts';
import { regressionLinear } from './linear.ts';
import { regressionMetrics } from './metrics.ts';
import { predictionBins } from './prediction-bins.ts';
import { readNumbers } from './read.ts';
import { sameWithin } from './same-within.ts';

/** A number. */
export const regression: Task = {
  name: 'regression',
  metrics: regressionMetrics,
  importance: 'mae',
  sliceMetrics: ['mae', 'r2'],
  accuracy: 'accuracy (1 less the mean bounded error)',
  read: readNumbers,
  constant: (answer, { rows }) => ({
    answer: new Float64Array(rows).fill(answer),
    scores: new Float64Array(),
    width: 0,
  }),
  findFaults,
  capOf: errorCap,
  losses: ({ truth }, { answer }, cap) => boundedErrors(truth, answer, cap),
  gain: ({ truth }, { candidate, reference }, { cap, ...options }) => {
    const ours = boundedErrors(truth, candidate.answer, cap);
    const gains = boundedErrors(truth, reference.answer, cap).map((loss, row) => loss - ours[row]!);
    return meanBootstrap(gains, options);
  },
  agreement: ({ truth }, reference, other) => {
    const within = sameWithin(truth, reference.answer);
    const near = reference.answer.reduce(
      (sum, value, row) => sum + Number(Math.abs(other.answer[row]! - value) <= within),
      0,
    );
    return near / truth.length;
  },
  drawings: (outcomes, predictions) => ({
    roc: [],
    reliability: predictionBins(outcomes, predictions),
    confusion: null,
  }),
  audit: auditNumbers,
  learnedLosses: (outcomes, { answer }) => ofRows(outcomes, (label, row) => (label - answer[row]!) ** 2),
  boosting: regressionBoosting,
  byRows: regressionBoosting,
  linear: regressionLinear,
  head: regressionHead,
};
