import { positiveCode, type LabelSpace } from '../../../contracts/data/label-space.ts';
import type { GroupRate } from '../../../contracts/evidence/groups.ts';
import type { LossScale } from '../../../contracts/evidence/loss-scale.ts';
import { taskRules } from '../../../contracts/model/task.ts';
import type { Arm } from '../../../contracts/release/arm.ts';
import { pairLosses, type PairedRow } from './pair-losses.ts';
import { hasFailed, labelOf } from './row-with-id.ts';

/** What both versions lost by a rate on a key, each in [0, 1]; of classes 0 or 1. */
export type RateLoss = Readonly<Record<Arm, number>>;

export interface RateLosses {
  readonly rates: readonly GroupRate[];
  /** Null where losses are 0 or 1. */
  readonly scale: LossScale | null;
  /** By the rates that the key's label counts for: 1 of a version that failed. `missing` where no label came. */
  readonly lossesOf: (pair: PairedRow) => Readonly<Partial<Record<GroupRate, RateLoss>>> | 'missing';
}

/** How the rates of groups judge live answers; null where the task has no such rate. `cap`: of errors, in the unit of the target. */
export function rateLosses(space: LabelSpace, cap: number): RateLosses | null {
  const { rates } = taskRules[space.task];
  if (space.kind === 'classes') return { rates, scale: null, lossesOf: classLosses(positiveCode(space)) };
  const losses = pairLosses(space, cap);
  if (losses === null || losses.ofRequest) return null;
  const { scale, lossOf } = losses;
  return {
    rates,
    scale,
    lossesOf(pair) {
      const lost = lossOf([pair]);
      return lost === 'missing' || lost === null ? 'missing' : { error: lost };
    },
  };
}

/** `positive`: null where labels are not two. */
const classLosses =
  (positive: string | null): RateLosses['lossesOf'] =>
  ({ champion, canary, truth }) => {
    const label = truth === null ? null : labelOf(truth);
    if (label === null) return 'missing';
    const lost = (isWell: (answer: string | null) => boolean): RateLoss => ({
      champion: !hasFailed(champion) && isWell(labelOf(champion)) ? 0 : 1,
      canary: !hasFailed(canary) && isWell(labelOf(canary)) ? 0 : 1,
    });
    const error = lost((answer) => answer === label);
    if (positive === null) return { error };
    if (label === positive) return { error, tpr: lost((answer) => answer === positive) };
    return { error, fpr: lost((answer) => answer !== positive) };
  };
