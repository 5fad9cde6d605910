import { valueSteps, type ValuedKeys } from '../../contracts/evidence/values.ts';
import { simulateCrossing, type Crossing, type CrossingQuestion } from './crossing.ts';
import { valueKeptEvidence, valueLossEvidence, type ValueDesign } from './live-value.ts';
import type { Traffic } from './planning.ts';
import { questionOf, type Cell } from './promotion-planning.ts';
import { smallestEffect } from './smallest-effect.ts';

/**
 * Live keys with values at the ends of the range only, which vary the most that values with that mean can: those of the champion are on
 * average `mean`, in [0, 1] of the range. Real values that lie closer together need fewer keys.
 */
export interface ValuePlan extends Traffic {
  readonly mean: number;
  readonly design: ValueDesign;
}

/** Falls of the mean, in [0, 1] of the range. */
export interface ValueLossPlan extends ValuePlan {
  readonly fall: number;
  readonly tolerated: number;
}

/** How many values it takes until `valueLossEvidence` convicts. */
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
  return simulateCrossing(
    questionOf(plan, chances, (cells) => valueKeptEvidence(keysOf(cells), plan.design, plan.margin, 'worst')),
  );
}

function lossQuestion(plan: ValueLossPlan): CrossingQuestion {
  const chances = { champion: plan.mean, canary: Math.max(0, plan.mean - plan.fall), known: 1 };
  return questionOf(plan, chances, (cells) => valueLossEvidence(keysOf(cells), plan.design, plan.tolerated));
}

const keysOf = (cells: readonly Cell[]): ValuedKeys[] =>
  cells.flatMap(({ share, ...arms }) =>
    (['champion', 'canary'] as const).map((arm): ValuedKeys => {
      const { keys, known, events } = arms[arm];
      const values: ValuedKeys['values'] = [
        [0, Math.max(0, known - events), 0, 0],
        [valueSteps, events, 0, 0],
      ];
      return { share, arm, values, missing: Math.max(0, keys - known), outside: 0 };
    }),
  );
