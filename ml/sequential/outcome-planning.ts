import { scoreSteps } from '../../contracts/evidence/groups.ts';
import type { Random } from '../random.ts';
import { binomial } from '../statistics/binomial.ts';
import { disagreementEvidence, steppedShiftEvidence } from './agreement.ts';
import { meanBelowEvidence } from './bounded-mean.ts';
import { guessFrom, mostUnits } from './crossing.ts';
import type { CrossingQuestion, Stream } from './crossing.ts';
import type { Simulation } from './planning.ts';

export interface OutcomePlan extends Simulation {
  readonly alpha: number;
  /** Units (keys or labels) within which the chance to convict is asked for. */
  readonly within: number;
}

const defaults = { repeats: 400, seed: 1 };

/** How often each outcome came, and how often none of them. */
type Counts<Chances extends readonly number[]> = readonly [...{ [At in keyof Chances]: number }, number];

/**
 * Units that each have one of some outcomes with these chances, or none of them: how many it takes until the evidence of the counts convicts.
 * Only the counts are drawn (multinomial, exact), never the units.
 */
export function outcomeQuestion<const Chances extends readonly number[]>(
  plan: OutcomePlan,
  chances: Chances,
  evidence: (counts: Counts<Chances>) => number,
): CrossingQuestion {
  const { alpha, within } = plan;
  const rest = Math.max(
    0,
    chances.reduce((left, chance) => left - chance, 1),
  );
  const seen = (counts: readonly number[]): number => evidence(counts as unknown as Counts<Chances>);
  const open = (random: Random): Stream => {
    const counts = [...chances.map(() => 0), 0];
    return (units) => {
      let [left, chance] = [units, 1];
      for (const [at, each] of chances.entries()) {
        const drawn = chance <= 0 ? 0 : binomial(random, left, Math.min(1, each / chance));
        counts[at] = (counts[at] ?? 0) + drawn;
        left -= drawn;
        chance -= each;
      }
      counts[chances.length] = (counts[chances.length] ?? 0) + left;
      return seen(counts);
    };
  };
  const guess = guessFrom((units) => seen([...chances.map((chance) => units * chance), units * rest]), alpha);
  return { ...defaults, ...plan, open, guess, most: mostUnits(guess, within) };
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

/** By the rate of disagreement: how many mirrored keys it takes until `disagreementEvidence` convicts. */
export const disagreementQuestion =
  ({ limit, missing, ...plan }: AnswerPlan) =>
  (rate: number): CrossingQuestion =>
    outcomeQuestion(plan, [(1 - missing) * rate, missing], ([disagree, missed, agree]) =>
      disagreementEvidence({ pairs: disagree + agree, disagree, missing: missed }, limit),
    );

/** Three values with the moments of the normal distribution up to the fifth (Gauss-Hermite quadrature), in standard deviations. */
const normalPoints = [
  { at: -Math.sqrt(3), weight: 1 / 6 },
  { at: 0, weight: 2 / 3 },
  { at: Math.sqrt(3), weight: 1 / 6 },
] as const;

/**
 * By the mean shift of the score, above 0: how many mirrored keys it takes until `steppedShiftEvidence` convicts. `spread` is the standard
 * deviation of a key's difference. Each difference counts half a step less, as the evidence takes the end of its step that says less.
 */
export const scoreShiftQuestion =
  ({ limit, missing, spread, ...plan }: AnswerPlan & { readonly spread: number }) =>
  (shift: number): CrossingQuestion => {
    const [low, middle, high] = normalPoints.map(
      ({ at }) => Math.min(1, Math.max(-1, shift + at * spread)) * scoreSteps - 0.5,
    );
    const steps = [low, middle, high].map((step = 0) => Math.max(-scoreSteps, step));
    const [below, at, above] = normalPoints.map(({ weight }) => (1 - missing) * weight);
    return outcomeQuestion(plan, [below ?? 0, at ?? 0, above ?? 0], (counts) =>
      steppedShiftEvidence(
        {
          differences: steps.map((step, index) => [step, counts[index] ?? 0]),
          steps: scoreSteps,
          missing: counts[3],
        },
        limit,
      ),
    );
  };

export interface GroupPlan extends OutcomePlan {
  readonly limit: number;
  /** Share of the group's labelled keys on which just one version is right; at least the loss is taken. */
  readonly discordantShare: number;
  /** Tests that share alpha. */
  readonly tests: number;
  /** Labelled keys below which a group is not judged. */
  readonly minimum: number;
}

/** By what a group loses of a rate: how many of its labelled keys it takes until `groupHarms` convicts as one of so many tests. */
export const groupLossQuestion =
  ({ limit, discordantShare, tests, minimum, ...plan }: GroupPlan) =>
  (loss: number): CrossingQuestion =>
    outcomeQuestion(plan, discordantChances(discordantShare, loss), ([worse, better, same]) => {
      if (worse + better + same < minimum) return 0;
      const counts = [
        { value: 1, count: better },
        { value: -1, count: worse },
        { value: 0, count: same },
      ];
      return meanBelowEvidence(counts, { low: -1, high: 1 }, -limit) / tests;
    });
