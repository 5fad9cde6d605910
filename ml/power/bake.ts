import type { Crossing } from './crossing.ts';
import { planEventRate, planNewEvent, smallestNewRate, smallestRatio } from './guards.ts';
import { type Simulation } from './simulation.ts';

export interface BakePlan extends Simulation {
  /** Share of the keys that the previous version keeps, in (0, 1). */
  readonly holdback: number;
  /** Chance of an event for a key of the previous version. */
  readonly baseRate: number;
  /** Ratio of the canary's rate to it that is to be found, from the begin of the bake on; the rate ends at 1. */
  readonly ratio: number;
  readonly tolerated: number;
  /** New sticky keys an hour, above 0. */
  readonly keysPerHour: number;
  /** Length of the bake. */
  readonly hours: number;
  readonly alpha: number;
}

/** A bake is one step at the share that the holdback leaves. */
const inOneStep = <Plan extends Pick<BakePlan, 'holdback' | 'hours'>>({ holdback, hours, ...plan }: Plan) => ({
  ...plan,
  steps: [{ share: 1 - holdback, hours }],
  withinHours: hours,
});

/**
 * How many keys it takes until the bake's guard fires, when the rate is too high from its begin. Divide by `keysPerHour` for the delay in
 * hours. Null where so many releases do not fire.
 */
export const planBake = (plan: BakePlan): Crossing => planEventRate(inOneStep(plan));

/** As `BakePlan`, of a previous version that has no such event: asked for by the rate of the canary, in (0, 1]. */
export type NewBakePlan = Omit<BakePlan, 'baseRate' | 'ratio'> & { readonly rate: number };

/** `planBake` of an event that the previous version does not have. */
export const planNewBake = (plan: NewBakePlan): Crossing => planNewEvent(inOneStep(plan));

/** The smallest rate of such an event, above 0, that the bake finds with a chance of `power`; null when there is none. */
export const smallestNewBakeRate = (plan: Omit<NewBakePlan, 'rate'>, power = 0.95): number | null =>
  smallestNewRate(inOneStep(plan), power);

/**
 * The smallest ratio above `tolerated` that the bake finds with a chance of `power`; null when there is none below 20
 * (or 1 / baseRate).
 */
export const smallestBakeRatio = (plan: Omit<BakePlan, 'ratio'>, power = 0.95): number | null =>
  smallestRatio(inOneStep(plan), power);
