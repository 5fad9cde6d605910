import type { ClassSpace, LabelSpace } from '../../../contracts/data/label-space.ts';
import type { UtilityMatrix } from '../../../contracts/data/utility-matrix.ts';
import type { LossScale } from '../../../contracts/evidence/loss-scale.ts';
import { boundedPinball } from '../../../ml/tasks/quantile/bounded-losses.ts';
import { costOf, rangeOf } from '../../../ml/tasks/valued.ts';
import { labelOf, type RowOf } from './row-with-id.ts';

export interface AnswerLosses {
  readonly scale: LossScale;
  /** The loss of an answer by its label, in [0, 1]; 1 where the answer is not a number, or none of the labels. */
  readonly lossOf: (answer: RowOf, truth: RowOf) => number;
}

/**
 * How a live answer is judged by its label where it is neither right nor wrong, else null; null of a ranking too, whose answers are judged by
 * request. `cap`: of errors, in the unit of the target.
 */
export function answerLosses(space: LabelSpace, cap: number): AnswerLosses | null {
  if (space.kind === 'classes') return space.utility === undefined ? null : byUtility(space, space.utility);
  if (space.task === 'ranking') return null;
  const { levels, costs } = space;
  if (costs !== undefined) {
    const most = cap * Math.max(costs.over, costs.under);
    return atMostOne(
      { of: 'cost', cap: most },
      (answer, truth) => costOf(costs, scoreOf(answer), scoreOf(truth)) / most,
    );
  }
  if (levels === undefined)
    return atMostOne({ of: 'error', cap }, (answer, truth) => Math.abs(scoreOf(answer) - scoreOf(truth)) / cap);
  return atMostOne({ of: 'pinball', cap }, ({ segment, row }, truth) =>
    boundedPinball(
      levels,
      levels.map((_, place) => segment.quantiles?.[place]?.[row] ?? NaN),
      scoreOf(truth),
      cap,
    ),
  );
}

function byUtility(space: ClassSpace, matrix: UtilityMatrix): AnswerLosses {
  const { least, most } = rangeOf(matrix);
  const classOf = (row: RowOf): number => {
    const label = labelOf(row);
    return space.classes.findIndex(({ code }) => code === label);
  };
  return atMostOne({ of: 'utility', cap: most - least, most }, (answer, truth) => {
    const worth = matrix[classOf(truth)]?.[classOf(answer)];
    return worth === undefined ? 1 : (most - worth) / (most - least);
  });
}

const atMostOne = (scale: LossScale, lossOf: AnswerLosses['lossOf']): AnswerLosses => ({
  scale,
  lossOf(answer, truth) {
    const loss = lossOf(answer, truth);
    return loss < 1 ? loss : 1;
  },
});

/** The number that was answered or came as label; not a number where there is none. */
export const scoreOf = ({ segment, row }: RowOf): number => segment.score?.[row] ?? NaN;
