import type { UtilityMatrix } from '../../contracts/data/utility-matrix.ts';
import type { NumberSpace } from '../../contracts/data/label-space.ts';
import { meanBootstrap } from '../statistics/mean-bootstrap.ts';
import { leastCost, worthMost } from './constant.ts';
import { meanOfRows } from './mean-of-rows.ts';
import type { Task } from './task.ts';

/** Least and greatest worth of an answer. */
export function rangeOf(matrix: UtilityMatrix): { least: number; most: number } {
  const all = matrix.flat();
  return { least: Math.min(...all), most: Math.max(...all) };
}

/** What errors of a number cost. At least 0. */
export const costOf = ({ over, under }: NonNullable<NumberSpace['costs']>, answer: number, truth: number): number =>
  answer > truth ? over * (answer - truth) : under * (truth - answer);

/**
 * A task of classes whose answers are worth something: the metric `utility` is the mean worth of a row, and a loss is how far a row is from the
 * greatest worth, by the range of the worths.
 */
export function withUtility(task: Task, matrix: UtilityMatrix): Task {
  const { least, most } = rangeOf(matrix);
  return withLosses(task, {
    metric: {
      name: 'utility',
      constant: worthMost(matrix),
      byAnswers: true,
      prepare: ({ truth }, { answer }) => meanOfRows(truth.map((label, row) => matrix[label]![answer[row]!]!)),
    },
    losses: ({ truth }, { answer }) =>
      truth.map((label, row) => (most - matrix[label]![answer[row]!]!) / (most - least)),
    accuracy: 'utility (by its range)',
  });
}

/** A regression whose errors cost something: the metric `cost` is the mean cost of a row, and a loss is a row's cost by that of the capped error. */
export function withCosts(task: Task, costs: NonNullable<NumberSpace['costs']>): Task {
  return withLosses(task, {
    metric: {
      name: 'cost',
      constant: leastCost(costs),
      prepare: ({ truth }, { answer }) => meanOfRows(truth.map((label, row) => costOf(costs, answer[row]!, label))),
    },
    losses: ({ truth }, { answer }, cap) =>
      truth.map((label, row) =>
        Math.min(1, costOf(costs, answer[row]!, label) / (cap * Math.max(costs.over, costs.under))),
      ),
    accuracy: '1 less the mean bounded cost',
  });
}

function withLosses(
  task: Task,
  { metric, losses, accuracy }: Pick<Task, 'losses' | 'accuracy'> & { readonly metric: Task['metrics'][number] },
): Task {
  return {
    ...task,
    metrics: [...task.metrics, metric],
    accuracy,
    losses,
    gain: (outcomes, { candidate, reference }, { cap, ...options }) => {
      const ours = losses(outcomes, candidate, cap);
      return meanBootstrap(
        losses(outcomes, reference, cap).map((loss, row) => loss - ours[row]!),
        options,
      );
    },
  };
}
