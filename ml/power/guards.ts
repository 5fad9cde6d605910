import { simulationDefaults, type Simulation, type PlannedTraffic } from './simulation.ts';
import type { EventCounts } from '../../contracts/evidence/release.ts';
import { binomial } from '../statistics/binomial.ts';
import type { Random } from '../random.ts';
import { alongSteps, type InStep } from './along-steps.ts';
import { simulateCrossing } from './crossing.ts';
import type { Crossing, CrossingQuestion, Stream } from './crossing.ts';
import { eventRateTest } from '../sequential/event-rate.ts';
import { discordantChances, outcomeQuestion } from './outcomes.ts';
import { pairedLossTest, pairedNonInferiorityTest } from '../sequential/paired.ts';
import { sampleRatioTest } from '../sequential/sample-ratio.ts';
import { smallestEffect } from './smallest-effect.ts';

/** Keys of an event-rate guard: chance of an event for a champion's key, and what is borne. */
export interface RatePlan extends PlannedTraffic {
  readonly baseRate: number;
  /** Ratio of the canary's rate to the champion's to be found; the rate ends at 1. */
  readonly ratio: number;
  readonly tolerated: number;
}

export interface PairedPlan extends Simulation {
  /** Share of the labelled requests on which just one version is right, in [0, 1]. At least `drop` is taken. */
  readonly discordantShare: number;
  /** Accuracy that the canary loses, in [-1, 1]. */
  readonly drop: number;
  readonly alpha: number;
  /** Units, as `Unlabelled` says, within which the chance to fire is asked for. */
  readonly withinLabels: number;
}

/** Units, some without a label: these count for the canary. Without it each unit is a label. */
export interface Unlabelled {
  /** Share of the units whose label comes, in [0, 1]. @default 1 */
  readonly labelled?: number;
  /** Units whose label has not come yet, at any look. @default 0 */
  readonly young?: number;
}

const leastRatio = 1e-3;
const mostRatio = 20;

/**
 * How many keys it takes until `eventRateEvidence` fires: only the counts of events are drawn (multinomial, exact),
 * never the keys. Source of the first guess: the evidence at the expected counts (its growth rate, Lindon and Malek
 * 2022).
 */
export const planEventRate = (plan: RatePlan): Crossing => simulateCrossing(rateQuestion(plan));

/**
 * The smallest ratio above `tolerated` that is found in time with a chance of `power`; null when there is none below 20
 * (or 1 / baseRate).
 */
export function smallestRatio(plan: Omit<RatePlan, 'ratio'>, power = 0.95): number | null {
  const high = Math.min(mostRatio, 1 / plan.baseRate);
  return smallestEffect({
    question: (ratio) => rateQuestion({ repeats: 200, ...plan, ratio }),
    low: Math.max(leastRatio, plan.tolerated * 1.01),
    high,
    borne: plan.tolerated,
    power,
  });
}

/** Keys of an event-rate guard where no key of the champion has the event: each one that comes speaks against the canary. */
export interface NewEventPlan extends PlannedTraffic {
  /** Chance of an event for a canary's key, to be found. */
  readonly rate: number;
  readonly tolerated: number;
}

/** How many keys it takes until `eventRateEvidence` fires. */
export const planNewEvent = (plan: NewEventPlan): Crossing => simulateCrossing(newEventQuestion(plan));

/** The smallest rate above 0 that is found in time with a chance of `power`; null when there is none. */
export const smallestNewRate = (plan: Omit<NewEventPlan, 'rate'>, power = 0.95): number | null =>
  smallestEffect({
    question: (rate) => newEventQuestion({ repeats: 200, ...plan, rate }),
    low: 1e-7,
    high: 1,
    borne: 0,
    power,
  });

/**
 * How many keys it takes until `sampleRatioEvidence` fires when the odds of the canary are so many times those of
 * its share.
 */
export const planSampleRatio = (plan: PlannedTraffic & { odds: number }): Crossing =>
  simulateCrossing(ratioQuestion(plan));

/**
 * The smallest factor on the canary's odds, above 1, that is found in time with a chance of `power`; null when there is
 * none below 20.
 */
export const smallestOdds = (plan: PlannedTraffic, power = 0.95): number | null =>
  smallestEffect({
    question: (odds) => ratioQuestion({ repeats: 200, ...plan, odds }),
    low: 1.002,
    high: mostRatio,
    borne: 1,
    power,
  });

/** How many units it takes until `pairedLossEvidence` fires. */
export const planPaired = (plan: PairedPlan & Unlabelled & { tolerated: number }): Crossing =>
  simulateCrossing(lossQuestion(plan));

/** The smallest drop of accuracy that is found in time with a chance of `power`; null when there is none. */
export const smallestDrop = (
  plan: Omit<PairedPlan, 'drop'> & Unlabelled & { tolerated: number },
  power = 0.95,
): number | null =>
  smallestEffect({
    question: (drop) => lossQuestion({ repeats: 200, ...plan, drop }),
    low: Math.max(1e-4, plan.tolerated),
    high: 1,
    borne: plan.tolerated,
    power,
  });

/**
 * How many labels it takes until `pairedNonInferiorityEvidence` proves a loss below `margin`, when the loss is `drop`
 * (0: no harm).
 */
export const planNonInferiority = (plan: PairedPlan & { margin: number }): Crossing =>
  simulateCrossing(pairedQuestion(plan, pairedNonInferiorityTest(plan.margin)));

/** Chances that a key is an event on the canary, or on the champion, at a share. */
type Chances = (share: number) => { canary: number; champion: number };

function rateQuestion(plan: RatePlan): CrossingQuestion {
  const rate = Math.min(1, plan.baseRate * plan.ratio);
  const chances: Chances = (share) => ({ canary: share * rate, champion: (1 - share) * plan.baseRate });
  return keyQuestion(plan, chances, eventRateTest(plan.tolerated));
}

/** Without an event of the champion the evidence never falls. */
const newEventQuestion = (plan: NewEventPlan): CrossingQuestion => ({
  ...keyQuestion(plan, (share) => ({ canary: share * plan.rate, champion: 0 }), eventRateTest(plan.tolerated)),
  keepsHighest: true,
});

function ratioQuestion(plan: PlannedTraffic & { odds: number }): CrossingQuestion {
  const chances: Chances = (share) => {
    const canary = (share * plan.odds) / (1 - share + share * plan.odds);
    return { canary, champion: 1 - canary };
  };
  return keyQuestion(plan, chances, sampleRatioTest());
}

function keyQuestion(
  plan: PlannedTraffic,
  chances: Chances,
  evidence: (counts: readonly EventCounts[]) => number,
): CrossingQuestion {
  const { keysPerHour, withinHours } = plan;
  const steps = plan.steps.map(({ share, hours }) => ({
    share,
    keys: Math.round(hours * keysPerHour),
    ...chances(share),
  }));
  const along = (done: number, keys: number, each: InStep): void =>
    alongSteps(
      steps.map((step) => step.keys),
      done,
      keys,
      each,
    );
  const open = (random: Random): Stream => {
    const counts = steps.map(({ share }) => ({ share, champion: 0, canary: 0 }));
    let done = 0;
    return (keys) => {
      along(done, keys, (index, here) => {
        const [step, count] = [steps[index], counts[index]];
        if (step === undefined || count === undefined) return;
        const canary = binomial(random, here, step.canary);
        count.canary += canary;
        count.champion += binomial(random, here - canary, Math.min(1, step.champion / (1 - step.canary)));
      });
      done += keys;
      return evidence(counts);
    };
  };
  const expectedAt = (keys: number): number => {
    const counts: EventCounts[] = [];
    along(0, keys, (index, here) => {
      const { share = 0, canary = 0, champion = 0 } = steps[index] ?? {};
      counts.push({ share, canary: here * canary, champion: here * champion });
    });
    return evidence(counts);
  };
  const within = Math.floor(withinHours * keysPerHour);
  return { ...simulationDefaults, ...plan, open, expectedAt, within };
}

function lossQuestion(plan: PairedPlan & Unlabelled & { tolerated: number }): CrossingQuestion {
  const { labelled = 1, young = 0, tolerated, withinLabels: within } = plan;
  const [worse, better] = discordantChances(plan.discordantShare, plan.drop);
  const test = pairedLossTest(tolerated);
  const chances = [labelled * worse, labelled * better + 1 - labelled];
  return outcomeQuestion({ ...plan, within }, chances, (counts) =>
    test([counts[0] ?? 0, (counts[1] ?? 0) + young, counts[2] ?? 0]),
  );
}

function pairedQuestion(plan: PairedPlan, evidence: (counts: ArrayLike<number>) => number): CrossingQuestion {
  const { drop, discordantShare, withinLabels: within } = plan;
  return outcomeQuestion({ ...plan, within }, discordantChances(discordantShare, drop), evidence);
}
