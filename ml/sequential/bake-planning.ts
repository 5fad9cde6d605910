import { binomial } from '../statistics/binomial.ts';
import type { Random } from '../random.ts';
import { simulateCrossing, smallestEffect } from './crossing.ts';
import type { Crossing, CrossingQuestion, Stream } from './crossing.ts';
import { detectorEvidence, openDetector, readEvents } from './e-detector.ts';
import type { DetectorState, EventRun } from './e-detector.ts';
import { canaryShare, eventFactors } from './event-rate.ts';
import { mostRatio } from './planning.ts';
import type { Simulation } from './planning.ts';

export interface BakePlan extends Simulation {
  /** Share of the keys that the previous version keeps, in (0, 1). */
  readonly holdback: number;
  /** Chance of an event for a key of the previous version. */
  readonly baseRate: number;
  /** Ratio of the canary's rate to it that is to be found, from the first event on; the rate ends at 1. */
  readonly ratio: number;
  readonly tolerated: number;
  /** New sticky keys an hour, above 0. */
  readonly keysPerHour: number;
  /** Length of the bake. */
  readonly hours: number;
  /** Events after which the detector judges no more. @default `bakeHorizon` */
  readonly horizon?: number;
  readonly alpha: number;
}

/**
 * Times the events expected that a horizon leaves room for: a long horizon costs little, log(2) of evidence for twice
 * as long.
 */
const room = 2;
const leastHorizon = 100;
const defaults = { repeats: 400, seed: 1 };

/** Events to declare as a bake's horizon: twice what is expected while nothing is wrong, at least 100. */
export const bakeHorizon = (plan: Pick<BakePlan, 'keysPerHour' | 'hours' | 'baseRate'>): number =>
  Math.max(leastHorizon, Math.ceil(room * plan.keysPerHour * plan.hours * plan.baseRate));

/**
 * How many keys it takes until the bake's detector alarms, when the rate is too high from the beginning: the keys'
 * events are drawn as a binomial count, and each falls on an arm by the odds of the shares. Divide by `keysPerHour` for
 * the delay in hours. Null where so many releases do not alarm within the bake.
 */
export const planBake = (plan: BakePlan): Crossing => simulateCrossing(bakeQuestion(plan));

/**
 * The smallest ratio above `tolerated` that the bake finds with a chance of `power`; null when there is none below 20
 * (or 1 / baseRate).
 */
export const smallestBakeRatio = (plan: Omit<BakePlan, 'ratio'>, power = 0.95): number | null =>
  smallestEffect({
    question: (ratio) => bakeQuestion({ repeats: 100, ...plan, ratio }),
    low: Math.max(1e-3, plan.tolerated * 1.01),
    high: Math.min(mostRatio, 1 / plan.baseRate),
    borne: plan.tolerated,
    power,
  });

/**
 * The smallest holdback, to a fiftieth of it, from .001 to .5, at which `ratio` is found within `delayHours` with a
 * chance of `power`; null when there is none.
 */
export const smallestHoldback = (
  plan: Omit<BakePlan, 'holdback'> & { delayHours: number },
  power = 0.95,
): number | null =>
  smallestEffect({
    question: (holdback) => ({
      ...bakeQuestion({ repeats: 100, ...plan, holdback }),
      within: Math.floor(plan.delayHours * plan.keysPerHour),
    }),
    low: 0.001,
    high: 0.5,
    borne: 0,
    power,
  });

function bakeQuestion(plan: BakePlan): CrossingQuestion {
  const { holdback, baseRate, tolerated, keysPerHour, hours, alpha } = plan;
  const horizon = plan.horizon ?? bakeHorizon(plan);
  const share = 1 - holdback;
  const rate = Math.min(1, baseRate * plan.ratio);
  const chance = baseRate === 0 ? 1 : canaryShare(share, rate / baseRate);
  const perKey = share * rate + holdback * baseRate;
  const open = (random: Random): Stream => {
    let state = openDetector(tolerated, horizon);
    return (keys) => {
      state = drawEvents(state, random, binomial(random, keys, perKey), share, chance);
      return detectorEvidence(state);
    };
  };
  const within = Math.floor(hours * keysPerHour);
  return { ...defaults, ...plan, open, guess: guessOf(), within, most: within };

  /** The best effect's M grows as exp(growth * events), and its share of the mean has to reach horizon / alpha. */
  function guessOf(): number {
    const { champion, canary } = eventFactors(share, tolerated);
    const growth = Math.max(
      ...canary.map((up, effect) => chance * Math.log(up) + (1 - chance) * Math.log(champion[effect] ?? 1)),
    );
    return growth > 0 && perKey > 0 ? Math.log((canary.length * horizon) / alpha) / growth / perKey : Infinity;
  }
}

function drawEvents(
  state: DetectorState,
  random: Random,
  events: number,
  share: number,
  chance: number,
): DetectorState {
  const runs: EventRun[] = [];
  for (let event = 0; event < Math.min(events, state.horizon - state.events); event++) {
    runs.push({ share, arm: random.next() < chance ? 'canary' : 'champion', events: 1 });
  }
  return readEvents(state, runs);
}
