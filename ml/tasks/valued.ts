import type { UtilityMatrix } from '../../contracts/data/utility-matrix.ts';
import type { NumberSpace } from '../../contracts/data/label-space.ts';
import type { Predictions } from '../../contracts/data/frame.ts';
import { meanBootstrap } from '../statistics/mean-bootstrap.ts';
import { leastCost, worthMost } from './constant.ts';
import { meanOfRows } from './mean-of-rows.ts';
import type { PredictionFaults, Task } from './task.ts';

/** The model computes in float32. */
const worthTolerance = 2 ** -22;

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
  const { findFaults } = task;
  const byWorth = withLosses(task, {
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
  return task.name === 'multiclass'
    ? { ...byWorth, findFaults: (predictions) => byEitherRule(predictions, matrix, findFaults) }
    : byWorth;
}

/** A model from elsewhere may answer the most probable label, though another one is worth more. */
function byEitherRule(
  predictions: Predictions,
  matrix: UtilityMatrix,
  findFaults: Task['findFaults'],
): PredictionFaults {
  const faults = findFaults(predictions);
  if (faults.labelAgreement === null) return faults;
  const { answer, scores, width } = predictions;
  let agreeing = 0;
  for (let row = 0; row < answer.length; row += 1) {
    const worthOf = (label: number): number =>
      matrix.reduce((sum, worths, of) => sum + scores[row * width + of]! * worths[label]!, 0);
    const own = worthOf(answer[row]!);
    const tolerance = worthTolerance * matrix.length;
    if (matrix.every((_, label) => worthOf(label) <= own + tolerance * Math.abs(own))) agreeing += 1;
  }
  const labelAgreement = agreeing / answer.length;
  return labelAgreement <= faults.labelAgreement
    ? faults
    : { ...faults, labelAgreement, agreementOf: 'rows are answered with the label that is worth most' };
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
