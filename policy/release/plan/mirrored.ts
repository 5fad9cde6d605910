import { hourMs } from '../../../contracts/duration.ts';
import { simulateCrossing, type Crossing, type CrossingQuestion } from '../../../ml/power/crossing.ts';
import { smallestEffect } from '../../../ml/power/smallest-effect.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import type { EffectKind } from './effect.ts';
import type { PlannedGuard } from './guard.ts';
import { keyPart, unproven, type MetricSetting, type PlanPart } from './metric-plan.ts';
import { half } from './event-plans.ts';
import { endsOf, nothingMirrored, type Setting } from './setting.ts';

/** What one guard of mirrored requests is asked. */
export interface MirroredQuestion {
  readonly kind: EffectKind;
  readonly limit: number;
  readonly value: number;
  readonly of?: string;
  /** Of the mirrored keys, those that count. */
  readonly share: number;
  readonly unit: PlannedGuard['unit'];
  /** Of what `unit` counts. */
  readonly unitsPerHour: number;
  readonly delayHours: number;
  readonly question: (within: { alpha: number; within: number; repeats: number; seed: number }) => Question;
}
type Question = (effect: number) => CrossingQuestion;

/** An effect so close to a limit of 0 is not told from it. */
const leastEffect = 1e-4;

/** Keys that came; a part of them is mirrored. */
export const ofKeys = ({
  policy,
  traffic,
}: Setting): Pick<MirroredQuestion, 'share' | 'unit' | 'unitsPerHour' | 'delayHours'> => ({
  share: policy.shadow.sample,
  unit: 'keys',
  unitsPerHour: traffic.keysPerHour,
  delayHours: 0,
});

/** Share of the mirrored keys that at least one of two versions fails that are as good as each other. */
export const unanswered = (errorRate: number): number => 1 - (1 - errorRate) ** 2;

/** What a guard of mirrored requests can find, from the first shadow request on. */
export function planMirrored(
  { policy, asked, alpha, ramp }: Setting,
  guard: string,
  what: MirroredQuestion,
): PlannedGuard {
  const { kind, limit, value, of, share, unit, unitsPerHour, delayHours } = what;
  const before = policy.shadow.duration / hourMs;
  const stepEnds = endsOf(ramp, before);
  const withinHours = stepEnds.at(-1) ?? before;
  const within = Math.floor(unitsPerHour * share * Math.max(0, withinHours - delayHours));
  const plan = { alpha: alpha(guard), within, seed: asked.seed };
  const crossing = simulateCrossing(what.question({ ...plan, repeats: asked.repeats })(value));
  const all = (count: number | null): number | null => (count === null || share === 0 ? null : count / share);
  return {
    guard,
    alpha: alpha(guard),
    kind,
    value,
    ...(of === undefined ? {} : { of }),
    unit,
    withinHours,
    crossing: {
      power: crossing.power,
      expected: all(crossing.expected),
      median: all(crossing.median),
      p95: all(crossing.p95),
    },
    finds: smallestEffect({
      question: what.question({ ...plan, repeats: half(asked.repeats) }),
      low: Math.max(leastEffect, limit),
      high: 1,
      borne: limit,
      power: asked.power,
    }),
    hoursAt: (count) => delayHours + count / unitsPerHour,
    stepEnds,
    before,
    ...(policy.shadow.sample === 0 ? { why: nothingMirrored } : {}),
  };
}

/** Of so many mirrored keys within the deadline, and with what the policy asks for. */
interface Within {
  readonly alpha: number;
  readonly within: number;
  readonly repeats?: number;
  readonly seed?: number;
}

/** A proof by mirrored keys: they gather from the first mirror on, and those that are not mirrored count as needed too. */
export function planMirroredProof(
  { policy, traffic, simulation }: MetricSetting,
  plan: (within: Within) => Crossing,
  { harm, effect, never }: Pick<PlanPart, 'harm' | 'effect' | 'never'>,
): PlanPart {
  const { sample, minRequests } = policy.shadow;
  const { keysPerHour } = traffic;
  if (sample === 0) return unproven(harm, effect, nothingMirrored);
  if (keysPerHour === 0) return unproven(harm, effect, 'there are no keys to compare the versions by');
  const within = Math.floor((keysPerHour * sample * policy.deadline) / hourMs);
  const crossing = plan({ ...simulation, alpha: promotionAlpha(policy), within });
  return { ...keyPart(crossing, { keysPerHour, counted: sample, from: 0, atLeast: minRequests }), harm, effect, never };
}
