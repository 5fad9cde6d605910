import type { EventCounts, LabelledKeys } from '../../contracts/evidence/release.ts';
import type { EventMargin } from '../../contracts/promotion-policy.ts';
import type { Random } from '../random.ts';
import { binomial } from '../statistics/binomial.ts';
import { alongSteps } from './along-steps.ts';
import { guessFrom, simulateCrossing, type Crossing, type Stream } from './crossing.ts';
import { eventNonInferiorityTest } from './event-non-inferiority.ts';
import type { ShareLimits } from './inverse-propensity.ts';
import { liveNonInferiorityEvidence } from './live-loss.ts';
import { mostUnits, type Traffic } from './planning.ts';

/** Keys of a harmless candidate: either version has an event with the chance `baseRate`. */
export interface EventProofPlan extends Traffic {
  readonly baseRate: number;
  readonly margin: EventMargin;
}

/** Keys of a harmless candidate: either version is wrong with the chance `wrongRate`. */
export interface LiveProofPlan extends Traffic {
  readonly wrongRate: number;
  readonly margin: number;
  /** Least and greatest share that the policy plans. */
  readonly limits: ShareLimits;
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

/** Cells of one step, by arm: its keys, and those of them that had the event. */
interface Cell {
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
  return simulate(plan, { event: plan.baseRate, known: 1 }, (cells) => {
    const of = (count: keyof Count): EventCounts[] =>
      cells.map(({ share, canary, champion }) => ({ share, canary: canary[count], champion: champion[count] }));
    return test({ events: of('events'), keys: of('keys') });
  });
}

/** How many keys it takes until `liveNonInferiorityEvidence` proves a candidate that is as often wrong as the champion. */
export function planLiveProof(plan: LiveProofPlan): Crossing {
  return simulate(plan, { event: plan.wrongRate, known: plan.labelled }, (cells) => {
    const keys = cells.flatMap(({ share, ...arms }) =>
      (['champion', 'canary'] as const).map((arm): LabelledKeys => {
        const { keys: all, known, events } = arms[arm];
        return { share, arm, wrong: events, right: Math.max(0, known - events), missing: Math.max(0, all - known) };
      }),
    );
    return liveNonInferiorityEvidence(keys, plan.limits, plan.margin, 'worst');
  });
}

/** `known`: the chance that it is known of a key whether it had the event. */
function simulate(
  plan: Traffic,
  chance: { readonly event: number; readonly known: number },
  evidence: (cells: readonly Cell[]) => number,
): Crossing {
  const { steps, keysPerHour, withinHours, alpha } = plan;
  const sizes = steps.map(({ hours }) => Math.round(hours * keysPerHour));
  const noCells = (): Cell[] => steps.map(({ share }) => ({ share, canary: noCount(), champion: noCount() }));
  const add = (cells: readonly Cell[], done: number, keys: number, draw: Draw): void =>
    alongSteps(sizes, done, keys, (step, here) => {
      const cell = cells[step];
      if (cell === undefined) return;
      const canary = draw(here, cell.share);
      addKeys(cell.canary, canary, chance, draw);
      addKeys(cell.champion, here - canary, chance, draw);
    });
  const open = (random: Random): Stream => {
    const cells = noCells();
    let done = 0;
    return (keys) => {
      add(cells, done, keys, drawn(random));
      done += keys;
      return evidence(cells);
    };
  };
  const expectedAt = (keys: number): number => {
    const cells = noCells();
    add(cells, 0, keys, expected);
    return evidence(cells);
  };
  const guess = guessFrom(expectedAt, alpha);
  const within = Math.floor(withinHours * keysPerHour);
  const { repeats = 400, seed = 1 } = plan;
  return simulateCrossing({ open, alpha, guess, within, most: mostUnits(guess, within), repeats, seed });
}

const noCount = (): Count => ({ keys: 0, known: 0, events: 0 });

function addKeys(count: Count, keys: number, { event, known }: { event: number; known: number }, draw: Draw): void {
  const labelled = draw(keys, known);
  count.keys += keys;
  count.known += labelled;
  count.events += draw(labelled, event);
}
