import { scoreSteps } from '../../contracts/evidence/groups.ts';
import type { Random } from '../random.ts';
import { binomial } from '../statistics/binomial.ts';
import {
  agreementTest,
  disagreementTest,
  shiftTest,
  stabilityTest,
  type OutcomeTest,
} from '../sequential/agreement.ts';
import { meanTest } from '../sequential/bounded-mean.ts';
import { simulateCrossing } from './crossing.ts';
import type { Crossing, CrossingQuestion, Stream } from './crossing.ts';
import { simulationDefaults, type Simulation } from './simulation.ts';

export interface OutcomePlan extends Simulation {
  readonly alpha: number;
  /** Units (keys or labels) within which the chance to fire is asked for. */
  readonly within: number;
}

/**
 * Units that each have one of some outcomes with these chances, or none of them: how many it takes until the evidence fires because of how often
 * each outcome came, and none of them. Only the counts are drawn (multinomial, exact), never the units.
 */
export function outcomeQuestion(
  plan: OutcomePlan,
  chances: readonly number[],
  evidence: (counts: Float64Array) => number,
): CrossingQuestion {
  const rest = Math.max(
    0,
    chances.reduce((left, chance) => left - chance, 1),
  );
  const whole = [...chances, rest];
  /** Of the units that had none of the outcomes before. */
  const ofLeft = chances.map((chance, at) => {
    const left = 1 - chances.slice(0, at).reduce((sum, each) => sum + each, 0);
    return left <= 0 ? 0 : Math.min(1, chance / left);
  });
  const open = (random: Random): Stream => {
    const counts = new Float64Array(whole.length);
    return (units) => {
      let left = units;
      for (let at = 0; at < ofLeft.length; at++) {
        const drawn = binomial(random, left, ofLeft[at] ?? 0);
        counts[at] = (counts[at] ?? 0) + drawn;
        left -= drawn;
      }
      counts[ofLeft.length] = (counts[ofLeft.length] ?? 0) + left;
      return evidence(counts);
    };
  };
  const expectedAt = (units: number): number => evidence(Float64Array.from(whole, (chance) => units * chance));
  return { ...simulationDefaults, ...plan, open, expectedAt };
}

/** Chances that a pair is worse, and that it is better, where a share of them is one of both and the mean loss is `drop`. */
export function discordantChances(share: number, drop: number): readonly [worse: number, better: number] {
  const discordant = Math.max(share, Math.abs(drop));
  return [(discordant + drop) / 2, (discordant - drop) / 2];
}

export interface AnswerPlan extends OutcomePlan {
  /** Share of the mirrored keys to which one version gives no answer, in [0, 1). */
  readonly missing: number;
  readonly limit: number;
}

/** By the rate of disagreement: how many mirrored keys it takes until `disagreementEvidence` fires. */
export const disagreementQuestion =
  ({ limit, missing, ...plan }: AnswerPlan) =>
  (rate: number): CrossingQuestion =>
    outcomeQuestion(plan, [(1 - missing) * rate, missing], disagreementTest(limit));

/** How many mirrored keys it takes until `agreementEvidence` proves versions that differ on so large a share of the keys. */
export const planAgreementProof = ({
  limit,
  missing,
  rate,
  ...plan
}: AnswerPlan & { readonly rate: number }): Crossing =>
  simulateCrossing(outcomeQuestion(plan, [(1 - missing) * rate, missing], agreementTest(limit)));

/** Three values with the moments of the normal distribution up to the fifth (Gauss-Hermite quadrature), in standard deviations. */
const normalPoints = [
  { at: -Math.sqrt(3), weight: 1 / 6 },
  { at: 0, weight: 2 / 3 },
  { at: Math.sqrt(3), weight: 1 / 6 },
] as const;

/** `spread` is the standard deviation of a key's difference. */
export interface ShiftPlan extends AnswerPlan {
  readonly spread: number;
}

/** By the mean shift of the score, above 0: how many mirrored keys it takes until `steppedShiftEvidence` fires. */
export const scoreShiftQuestion =
  ({ limit, ...plan }: ShiftPlan) =>
  (shift: number): CrossingQuestion =>
    differenceQuestion(plan, shift, (steps) => shiftTest(steps, scoreSteps, limit));

/** How many mirrored keys it takes until `steppedStabilityEvidence` proves versions whose scores do not differ on average. */
export const planStabilityProof = ({ limit, ...plan }: ShiftPlan): Crossing =>
  simulateCrossing(differenceQuestion(plan, 0, (steps) => stabilityTest(steps, scoreSteps, limit)));

/** Each difference counts half a step less, as the evidence takes the end of its step that says less. */
function differenceQuestion(
  { missing, spread, ...plan }: Omit<ShiftPlan, 'limit'>,
  shift: number,
  testOf: (steps: readonly number[]) => OutcomeTest,
): CrossingQuestion {
  const steps = normalPoints.map(({ at }) =>
    Math.max(-scoreSteps, Math.min(1, Math.max(-1, shift + at * spread)) * scoreSteps - 0.5),
  );
  // What is left over is missing.
  const chances = normalPoints.map(({ weight }) => (1 - missing) * weight);
  return outcomeQuestion(plan, chances, testOf(steps));
}

export interface GroupPlan extends OutcomePlan {
  readonly limit: number;
  /** Share of the group's labelled keys on which just one version is right; at least the loss is taken. */
  readonly discordantShare: number;
  /** Tests that share alpha. */
  readonly tests: number;
  /** Labelled keys below which a group is not judged. */
  readonly minimum: number;
}

/** Of its keys. */
export interface GroupLossPlan extends GroupPlan {
  /** Share without a label, in [0, 1), each counting as a gain; and how many more there are at any look. */
  readonly missing: number;
  readonly young: number;
}

/** By what a group loses of a rate: how many of its keys, labelled or missing, it takes until `groupHarms` fires as one of so many tests. */
export const groupLossQuestion =
  ({ limit, discordantShare, tests, minimum, missing, young, ...plan }: GroupLossPlan) =>
  (loss: number): CrossingQuestion => {
    const test = meanTest([-1, 1, 1, 0], { low: -1, high: 1 }, -limit, -1);
    const chances = [...discordantChances(discordantShare, loss).map((chance) => (1 - missing) * chance), missing];
    return outcomeQuestion(plan, chances, (counts) => {
      const [worse = 0, better = 0, absent = 0, same = 0] = counts;
      return worse + better + same < minimum ? 0 : test([worse, better, absent + young, same]) / tests;
    });
  };

/** A group that loses nothing. */
export interface GroupProofPlan extends Omit<GroupPlan, 'tests'> {
  /** Share of its keys whose label never comes, in [0, 1); each counts as a loss. */
  readonly missing: number;
}

/** How many keys of a group, labelled or missing, it takes until the `noHarm` of `groupHarms` proves that it does not lose `limit`. */
export function planGroupProof({ limit, discordantShare, minimum, missing, ...plan }: GroupProofPlan): Crossing {
  const test = meanTest([-1, 1, -1, 0], { low: -1, high: 1 }, -limit, 1);
  const [worse, better] = discordantChances((1 - missing) * discordantShare, 0);
  return simulateCrossing(
    outcomeQuestion(plan, [worse, better, missing], (counts) =>
      sumOf(counts) - (counts[2] ?? 0) < minimum ? 0 : test(counts),
    ),
  );
}

const sumOf = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
