import type { EventCounts } from '../../contracts/evidence/release.ts';
import type { EventMargin } from '../../contracts/release/promotion-policy.ts';
import type { Random } from '../random.ts';
import { binomial } from '../statistics/binomial.ts';
import { alongSteps } from './along-steps.ts';
import { simulateCrossing } from './crossing.ts';
import type { Crossing, CrossingQuestion, Stream } from './crossing.ts';
import { eventNonInferiorityTest } from '../sequential/event-non-inferiority.ts';
import type { ShareLimits } from '../sequential/inverse-propensity.ts';
import { liveTest } from '../sequential/live-loss.ts';
import type { Unlabelled } from './guards.ts';
import type { PlannedTraffic } from './simulation.ts';
import { smallestEffect } from './smallest-effect.ts';

/** Keys of a harmless candidate: either version has an event with the chance `baseRate`. */
export interface EventProofPlan extends PlannedTraffic {
  readonly baseRate: number;
  readonly margin: EventMargin;
}

/** Keys that the champion gets wrong with the chance `wrongRate`. */
export interface LivePlan extends PlannedTraffic {
  readonly wrongRate: number;
  /** Least and greatest share that the policy plans. */
  readonly limits: ShareLimits;
}

/** A harmless candidate: it is wrong as often. */
export interface LiveProofPlan extends LivePlan {
  readonly margin: number;
  /** Share of the keys whose label comes, in (0, 1]; the others count at the worst against promotion. */
  readonly labelled: number;
}

/** Draws how many of so many keys have something; `expected` draws nothing and says how many are to be expected. */
type Draw = (keys: number, chance: number) => number;
const expected: Draw = (keys, chance) => keys * chance;
const drawn =
  (random: Random): Draw =>
  (keys, chance) =>
    binomial(random, keys, chance);

/** Counts of one step, by arm: its keys, those with a known outcome, and those of these that had the event. */
export interface StepCounts {
  readonly share: number;
  readonly canary: Count;
  readonly champion: Count;
}
interface Count {
  keys: number;
  known: number;
  events: number;
}

/** How many keys it takes until `eventNonInferiorityEvidence` proves a candidate whose rate is the champion's. */
export function planEventProof(plan: EventProofPlan): Crossing {
  const test = eventNonInferiorityTest(plan.margin);
  const chances = { champion: plan.baseRate, canary: plan.baseRate, known: 1 };
  const question = questionOf(plan, chances, (cells) => {
    const of = (count: keyof Count): EventCounts[] =>
      cells.map(({ share, canary, champion }) => ({ share, canary: canary[count], champion: champion[count] }));
    return test({ events: of('events'), keys: of('keys') });
  });
  return simulateCrossing(question);
}

/** How many keys it takes until `liveNonInferiorityEvidence` proves a candidate that is as often wrong as the champion. */
export function planLiveProof(plan: LiveProofPlan): Crossing {
  const { wrongRate, labelled, limits, margin } = plan;
  const chances = { champion: wrongRate, canary: wrongRate, known: labelled };
  return simulateCrossing(questionOf(plan, chances, liveTest(sharesOf(plan), limits, margin, -1)));
}

/** A candidate that is wrong more often, by `drop`; labels count as `liveLossEvidence` counts them. */
export interface LiveLossPlan extends LivePlan, Unlabelled {
  readonly drop: number;
  readonly tolerated: number;
}

/** How many units, as `Unlabelled` says, it takes until `liveLossEvidence` fires. */
export const planLiveLoss = (plan: LiveLossPlan): Crossing => simulateCrossing(lossQuestion(plan));

/** The smallest drop of accuracy that is found in time with a chance of `power`; null when there is none. */
export const smallestLiveDrop = (plan: Omit<LiveLossPlan, 'drop'>, power = 0.95): number | null =>
  smallestEffect({
    question: (drop) => lossQuestion({ ...plan, drop }),
    low: Math.max(1e-3, plan.tolerated),
    high: 1 - plan.wrongRate,
    borne: plan.tolerated,
    power,
  });

function lossQuestion(plan: LiveLossPlan): CrossingQuestion {
  const { wrongRate, drop, limits, tolerated, labelled = 1, young = 0 } = plan;
  const chances = { champion: wrongRate, canary: Math.min(1, wrongRate + drop), known: labelled };
  const test = liveTest(sharesOf(plan), limits, tolerated, 1);
  return questionOf(plan, chances, (cells) => test(cells, young));
}

const sharesOf = ({ steps }: PlannedTraffic): number[] => steps.map(({ share }) => share);

/** Chances of the event, by arm, and that it is known of a key whether it had the event. */
export interface Chances {
  readonly champion: number;
  readonly canary: number;
  readonly known: number;
}

/** Keys that have an event or not, along the steps of a release: how many it takes until the evidence of their counts suffices. */
export function questionOf(
  plan: PlannedTraffic,
  chances: Chances,
  evidence: (cells: readonly StepCounts[]) => number,
): CrossingQuestion {
  const { steps, keysPerHour, withinHours, alpha } = plan;
  const sizes = steps.map(({ hours }) => Math.round(hours * keysPerHour));
  const noCells = (): StepCounts[] => steps.map(({ share }) => ({ share, canary: noCount(), champion: noCount() }));
  const add = (cells: readonly StepCounts[], done: number, keys: number, draw: Draw): void =>
    alongSteps(sizes, done, keys, (step, here) => {
      const cell = cells[step];
      if (cell === undefined) return;
      const canary = draw(here, cell.share);
      addKeys(cell.canary, canary, chances.canary, chances.known, draw);
      addKeys(cell.champion, here - canary, chances.champion, chances.known, draw);
    });
  const open = (random: Random): Stream => {
    const cells = noCells();
    const draw = drawn(random);
    let done = 0;
    return (keys) => {
      add(cells, done, keys, draw);
      done += keys;
      return evidence(cells);
    };
  };
  const expectedAt = (keys: number): number => {
    const cells = noCells();
    add(cells, 0, keys, expected);
    return evidence(cells);
  };
  const within = Math.floor(withinHours * keysPerHour);
  const { repeats = 400, seed = 1 } = plan;
  return { open, alpha, expectedAt, within, repeats, seed };
}

const noCount = (): Count => ({ keys: 0, known: 0, events: 0 });

function addKeys(count: Count, keys: number, event: number, known: number, draw: Draw): void {
  const labelled = draw(keys, known);
  count.keys += keys;
  count.known += labelled;
  count.events += draw(labelled, event);
}
