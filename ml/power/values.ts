import { meanTest } from '../sequential/bounded-mean.ts';
import { simulateCrossing, type Crossing, type CrossingQuestion } from './crossing.ts';
import { liveValues, type ValueDesign } from '../sequential/live-value.ts';
import { isBegun } from '../sequential/live-loss.ts';
import type { Unlabelled } from './guards.ts';
import type { PlannedTraffic } from './simulation.ts';
import { questionOf, type StepCounts } from './promotion.ts';
import { smallestEffect } from './smallest-effect.ts';

/**
 * Live keys with values at the ends of the range only, which vary the most that values with that mean can: those of the champion are on
 * average `mean`, in [0, 1] of the range. Real values that lie closer together need fewer keys.
 */
export interface ValuePlan extends PlannedTraffic {
  readonly mean: number;
  readonly design: ValueDesign;
}

/** Falls of the mean, in [0, 1] of the range. */
export interface ValueLossPlan extends ValuePlan, Unlabelled {
  readonly fall: number;
  readonly tolerated: number;
}

/** How many units, as `Unlabelled` says of values, it takes until `valueLossEvidence` fires. */
export const planValueLoss = (plan: ValueLossPlan): Crossing => simulateCrossing(lossQuestion(plan));

/** The smallest fall of the mean that is found in time with a chance of `power`; null when there is none. */
export const smallestValueFall = (plan: Omit<ValueLossPlan, 'fall'>, power = 0.95): number | null =>
  smallestEffect({
    question: (fall) => lossQuestion({ ...plan, fall }),
    low: Math.max(1e-4, plan.tolerated),
    high: plan.mean,
    borne: plan.tolerated,
    power,
  });

/** A harmless candidate: its values have the same mean. */
export interface ValueProofPlan extends ValuePlan {
  readonly margin: number;
  /** Share of the keys whose value comes, in (0, 1]; the others count at the worst against promotion. */
  readonly known: number;
}

/** How many keys it takes until `valueKeptEvidence` proves a candidate whose values have the champion's mean. */
export function planValueProof(plan: ValueProofPlan): Crossing {
  const chances = { champion: plan.mean, canary: plan.mean, known: plan.known };
  return simulateCrossing(questionOf(plan, chances, valueTest(plan, -plan.margin, 1)));
}

function lossQuestion(plan: ValueLossPlan): CrossingQuestion {
  const { mean, fall, tolerated, labelled = 1, young = 0 } = plan;
  const chances = { champion: mean, canary: Math.max(0, mean - fall), known: labelled };
  const test = valueTest(plan, -tolerated, -1);
  return questionOf(plan, chances, (cells) => test(cells, young));
}

/**
 * `valueLossEvidence` (side -1) or `valueKeptEvidence` (side 1) for many looks at values of 0 and 1. Keys without a value count against what
 * is asked: 0 on the canary and 1 on the champion for promotion, the other way round for a guard. So do `young` keys more, of the last
 * share that has any.
 */
export function valueTest({ steps, design }: Pick<ValuePlan, 'steps' | 'design'>, limit: number, side: 1 | -1) {
  const { centre = 0 } = design;
  const { range } = liveValues([], design, 'loss');
  const split = steps.flatMap(({ share }, at) => (share > 0 && share < 1 ? [{ share, at }] : []));
  const values = split.flatMap(({ share }) => [
    (1 - centre) / share,
    -centre / share,
    -(1 - centre) / (1 - share),
    centre / (1 - share),
  ]);
  const test = meanTest(values, range, limit, side);
  const counts = new Float64Array(values.length);
  return (cells: readonly StepCounts[], young = 0): number => {
    const last = split.findLast(({ at }) => isBegun(cells[at]));
    for (const [index, { at, share }] of split.entries()) {
      const cell = cells[at];
      if (cell === undefined) continue;
      const { canary, champion } = cell;
      const more = last?.at === at ? young : 0;
      const [all, allBefore] = [canary.keys + share * more, champion.keys + (1 - share) * more];
      const highest = canary.events + (side === 1 ? 0 : all - canary.known);
      const highestBefore = champion.events + (side === 1 ? allBefore - champion.known : 0);
      counts.set([highest, all - highest, highestBefore, allBefore - highestBefore], 4 * index);
    }
    return test(counts);
  };
}
