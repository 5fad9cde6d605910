import { binomial } from '../statistics/binomial.ts';
import type { Random } from '../random.ts';
import { simulateCrossing } from './crossing.ts';
import type { Crossing, CrossingQuestion, Stream } from './crossing.ts';
import { detectorFrom, openDetector } from './e-detector.ts';
import { canaryShare, effects, eventFactors } from './event-rate.ts';
import { mostRatio } from './planning.ts';
import type { Simulation } from './planning.ts';
import { smallestEffect } from './smallest-effect.ts';

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
  /** Hours after which a release that did not alarm is given up, to know how much longer a bake it would take. @default `hours` */
  readonly longest?: number;
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
 * the delay in hours. Null where so many releases do not alarm within the longest bake.
 */
export const planBake = (plan: BakePlan): Crossing => simulateCrossing(ratioQuestion(plan));

/** As `BakePlan`, of a previous version that has no such event: asked for by the rate of the canary, in (0, 1]. */
export type NewBakePlan = Omit<BakePlan, 'baseRate' | 'ratio'> & { readonly rate: number };

/** `planBake` of an event that the previous version does not have. */
export const planNewBake = (plan: NewBakePlan): Crossing => simulateCrossing(newQuestion(plan));

/** The smallest rate of such an event, above 0, that the bake finds with a chance of `power`; null when there is none. */
export const smallestNewBakeRate = (plan: Omit<NewBakePlan, 'rate'>, power = 0.95): number | null =>
  smallestEffect({
    question: (rate) => newQuestion({ repeats: 100, ...plan, rate }),
    low: 1e-7,
    high: 1,
    borne: 0,
    power,
  });

/**
 * The smallest ratio above `tolerated` that the bake finds with a chance of `power`; null when there is none below 20
 * (or 1 / baseRate).
 */
export const smallestBakeRatio = (plan: Omit<BakePlan, 'ratio'>, power = 0.95): number | null =>
  smallestEffect({
    question: (ratio) => ratioQuestion({ repeats: 100, ...plan, ratio }),
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
      ...ratioQuestion({ repeats: 100, ...plan, holdback }),
      within: Math.floor(plan.delayHours * plan.keysPerHour),
    }),
    low: 0.001,
    high: 0.5,
    borne: 0,
    power,
  });

const ratioQuestion = (plan: BakePlan): CrossingQuestion => bakeQuestion(plan, Math.min(1, plan.baseRate * plan.ratio));

const newQuestion = (plan: NewBakePlan): CrossingQuestion => bakeQuestion({ ...plan, baseRate: 0 }, plan.rate);

/** `rate`: of the canary. */
function bakeQuestion(plan: Omit<BakePlan, 'ratio'>, rate: number): CrossingQuestion {
  const { holdback, baseRate, tolerated, keysPerHour, hours, alpha } = plan;
  const horizon = plan.horizon ?? bakeHorizon(plan);
  const share = 1 - holdback;
  const chance = baseRate === 0 ? 1 : canaryShare(share, rate / baseRate);
  const perKey = share * rate + holdback * baseRate;
  const start = openDetector(tolerated, horizon);
  const open = (random: Random): Stream => {
    const detector = detectorFrom(start);
    let judged = 0;
    return (keys) => {
      let left = Math.min(binomial(random, keys, perKey), horizon - judged);
      judged += left;
      while (left > 0) {
        const canary = Math.min(left, geometric(random, 1 - chance));
        detector.read({ share, arm: 'canary', events: canary });
        if (canary < left) detector.read({ share, arm: 'champion', events: 1 });
        left -= canary + 1;
      }
      return detector.evidence();
    };
  };
  const { champion, canary } = eventFactors(share, tolerated);
  const growth = Math.max(
    ...canary.map((up, effect) => chance * Math.log(up) + (1 - chance) * Math.log(champion[effect] ?? 1)),
  );
  /** The best effect's M grows as exp(growth * events), and is a part of the mean over the horizon. */
  const expectedAt = (keys: number): number => Math.exp(growth * perKey * keys) / effects.length / horizon;
  const within = Math.floor(hours * keysPerHour);
  const toEarn = Math.log((effects.length * horizon) / alpha);
  const longest = Math.floor((plan.longest ?? hours) * keysPerHour);
  const most = Math.min(longest, Math.ceil(keysWith(horizon, perKey)));
  return { ...defaults, ...plan, open, expectedAt, within, most, toEarn, keepsHighest: true };
}

/** Keys that bring so many events but for a chance of 1e-9: a detector that has them judges no more. */
const keysWith = (events: number, perKey: number): number => (events + 6 * Math.sqrt(events) + 36) / perKey;

/** Trials before one that succeeds with a chance of `p`, as `byJumps` of `binomial`; Infinity where none does. */
const geometric = (random: Random, p: number): number =>
  p === 0 ? Infinity : Math.floor(Math.log1p(-random.next()) / Math.log1p(-p));
