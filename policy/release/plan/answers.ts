import type { FairnessGuard } from '../../../contracts/release/release-policy.ts';
import { groupRates, type GroupRate } from '../../../contracts/evidence/groups.ts';
import { hourMs } from '../../../contracts/duration.ts';
import { simulateCrossing } from '../../../ml/power/crossing.ts';
import type { CrossingQuestion } from '../../../ml/power/crossing.ts';
import { disagreementQuestion, groupLossQuestion, scoreShiftQuestion } from '../../../ml/power/outcomes.ts';
import { groupTests, rateWords } from '../guards/fairness.ts';
import { percent } from '../../check.ts';
import type { EffectKind, PlannedGuard } from './guard.ts';
import { half } from './questions.ts';
import { judgedKeys, labelTraffic, soonest, type JudgedKeys } from './unlabelled.ts';
import { endsOf, nothingMirrored, type DeclaredTraffic, type Setting } from './setting.ts';
import { smallestEffect } from '../../../ml/power/smallest-effect.ts';

/** What one guard of mirrored requests is asked. */
interface Asked {
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

/** The guard of agreement: both versions answer from the first shadow request on. */
export function planAgreement(setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic } = setting;
  const limit = 1 - (policy.guards.minAgreement ?? 1);
  return planMirrored(setting, guard, {
    ...ofKeys(setting),
    kind: 'disagreement',
    limit,
    value: Math.min(1, limit + asked.fall),
    question: (within) => disagreementQuestion({ ...within, limit, missing: unanswered(traffic.errorRate) }),
  });
}

/** The guard of the score's mean shift. */
export function planScoreShift(setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic } = setting;
  const limit = policy.guards.maxScoreShift ?? 1;
  const [missing, spread] = [unanswered(traffic.errorRate), traffic.scoreSpread];
  return planMirrored(setting, guard, {
    ...ofKeys(setting),
    kind: 'shift',
    limit,
    value: Math.min(1, limit + asked.shift),
    question: (within) => scoreShiftQuestion({ ...within, limit, missing, spread }),
  });
}

/**
 * The guard of groups: what one group loses of the policy's rate with the fewest labels. Others that lose less
 * or nothing add no evidence to it.
 */
export const planFairness = (setting: Setting, guard: string): PlannedGuard =>
  soonest(judgedKeys(setting.policy, labelTraffic(setting.traffic)).map((keys) => fairnessBy(keys, setting, guard)));

function fairnessBy(keys: JudgedKeys, setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic } = setting;
  const { fairness } = policy.guards;
  if (fairness === null) throw new RangeError('no group is judged by a policy without guards.fairness');
  const { maxGroupLoss: limit, minGroupKeys: minimum } = fairness;
  const { rate, share } = scarcestRate(fairness, traffic);
  const { discordantShare, groupShare } = traffic;
  const { labelled, delayHours } = keys;
  const { sample } = policy.shadow;
  // Of a group's keys, those whose label says something of the rate, and those without one, which count for each rate.
  const counted = 1 - labelled + labelled * share;
  return planMirrored(setting, guard, {
    kind: 'groupLoss',
    of: `in the ${rateWords[rate]} of a group with ${percent(traffic.groupShare)} of the keys`,
    limit,
    value: Math.min(1, limit + asked.groupLoss),
    share: labelled === 0 ? 0 : (groupShare * counted) / labelled,
    unit: 'labels',
    unitsPerHour: keys.unitsPerHour * labelled * sample,
    delayHours,
    question: (within) =>
      groupLossQuestion({
        ...within,
        limit,
        discordantShare,
        tests: groupTests(fairness),
        minimum,
        missing: counted === 0 ? 0 : (1 - labelled) / counted,
        young: groupShare * keys.young * sample,
      }),
  });
}

/** The policy's rate with the fewest labels, and their share of the labels. */
export function scarcestRate(
  { rates }: Pick<FairnessGuard, 'rates'>,
  { positiveRate }: DeclaredTraffic,
): { readonly rate: GroupRate; readonly share: number } {
  const shares: Readonly<Record<GroupRate, number>> = { tpr: positiveRate, fpr: 1 - positiveRate, error: 1 };
  const [scarcest] = groupRates.filter((rate) => rates.includes(rate)).toSorted((a, b) => shares[a] - shares[b]);
  const rate = scarcest ?? 'error';
  return { rate, share: shares[rate] };
}

/** Keys that came; a part of them is mirrored. */
const ofKeys = ({ policy, traffic }: Setting): Pick<Asked, 'share' | 'unit' | 'unitsPerHour' | 'delayHours'> => ({
  share: policy.shadow.sample,
  unit: 'keys',
  unitsPerHour: traffic.keysPerHour,
  delayHours: 0,
});

/** Share of the mirrored keys that at least one of two versions fails that are as good as each other. */
export const unanswered = (errorRate: number): number => 1 - (1 - errorRate) ** 2;

function planMirrored({ policy, asked, alpha, ramp }: Setting, guard: string, what: Asked): PlannedGuard {
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
