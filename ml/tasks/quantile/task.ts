import { meanBootstrap } from '../../statistics/mean-bootstrap.ts';
import { quantileOf } from '../constant.ts';
import { regression } from '../regression/task.ts';
import type { Task } from '../task.ts';
import { quantileBoosting } from './boosting.ts';
import { boundedPinball } from './bounded-losses.ts';
import { quantileHead } from './head.ts';
import { quantileLinear } from './linear.ts';
import { quantileMetrics } from './metrics.ts';
import { pinballLosses } from './pinball.ts';
import { readQuantiles } from './read.ts';

/** Quantiles of a number, at the levels. */
export function quantile(levels: readonly number[]): Task {
  const losses: Task['losses'] = ({ truth }, { scores, width }, cap) =>
    truth.map((label, row) => boundedPinball(levels, scores.subarray(row * width, (row + 1) * width), label, cap));
  return {
    ...regression,
    name: 'quantile',
    metrics: quantileMetrics(levels),
    importance: 'pinball',
    sliceMetrics: ['pinball', 'coverage'],
    accuracy: 'accuracy (1 less the mean bounded pinball loss)',
    read: readQuantiles(levels),
    constant: (answer, { trained: { truth, weights }, rows }) => {
      const same = levels.map((level) => quantileOf(truth, level, weights));
      return {
        answer: new Float64Array(rows).fill(answer),
        scores: Float64Array.from({ length: rows * levels.length }, (_, i) => same[i % levels.length]!),
        width: levels.length,
      };
    },
    findFaults: (predictions) => {
      const { answer, scores, width } = predictions;
      const { notFinite, first } = regression.findFaults({ ...predictions, answer: scores });
      const ofAnswers = regression.findFaults(predictions);
      return {
        ...ofAnswers,
        rows: answer.length,
        notFinite: notFinite + ofAnswers.notFinite,
        first: first === null ? ofAnswers.first : { ...first, row: Math.floor(first.row / width) },
      };
    },
    losses,
    gain: (outcomes, { candidate, reference }, { cap, ...options }) => {
      const ours = losses(outcomes, candidate, cap);
      return meanBootstrap(
        losses(outcomes, reference, cap).map((loss, row) => loss - ours[row]!),
        options,
      );
    },
    learnedLosses: ({ truth, weights }, predictions) => ({
      losses: pinballLosses(levels, truth, predictions),
      weights: weights ?? null,
    }),
    boosting: quantileBoosting(levels),
    byRows: quantileBoosting(levels),
    linear: quantileLinear(levels),
    head: quantileHead(levels),
  };
}
