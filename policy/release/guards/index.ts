import type { Guard, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import {
  guardNames,
  type GuardName,
  type GuardRule,
  type ReleasePolicy,
} from '../../../contracts/release/release-policy.ts';
import { eventRateEvidence, rateEvidence } from '../../../ml/sequential/event-rate.ts';
import { pairedLossEvidence } from '../../../ml/sequential/paired.ts';
import { sampleRatioEvidence } from '../../../ml/sequential/sample-ratio.ts';
import { clopperPearsonInterval } from '../../../ml/statistics/proportion.ts';
import { alphaOf, splitAlpha, type AlphaBudget } from '../alpha-budget.ts';
import { twinGuards } from './agreement.ts';
import { groupGuards } from './fairness.ts';
import { scoreGuards } from './score-band.ts';
import { type MakeGuard } from './guard.ts';
import { bakeEvidence } from '../bake-starts.ts';
import { eventGuardNames, eventGuards, halves, leastSlowShare, segmentGuards } from './events.ts';
import { hotfixGuards } from './hotfix.ts';
import { evidenceAgainst } from '../label-cohorts.ts';
import { liveAccuracyGuards } from './live-accuracy.ts';
import { valueGuards } from './value.ts';
import { metricCounts, rateWords, slowOfCanary } from './metric-source.ts';
import { segmentWeights } from '../what-to-count/segments.ts';

export type LookPhase = 'shadow' | 'canary' | 'bake';

/** What of a release decides which guards look, and with which alpha. */
export interface GuardMoment {
  readonly phase: LookPhase;
  /** Which try of the same candidate this is, from 1. */
  readonly retry: number;
  /** Released while the champion is broken: nothing is compared with it. */
  readonly hotfix: boolean;
}

/** Guards that have a part of alpha: those without a limit of their own to set, and those whose limit is set. */
export function guardsInForce({ guards, holdback }: ReleasePolicy): GuardName[] {
  const limits: Partial<Record<GuardName, unknown>> = {
    fairness: guards.fairness,
    agreement: guards.minAgreement,
    scoreShift: guards.maxScoreShift,
    scoreBand: guards.scoreBand,
    outOfRange: guards.outOfRangeRatio,
    liveAccuracy: guards.liveAccuracyLoss,
    value: guards.value,
  };
  // Without a holdback a bake is compared with the past, which no alpha makes a guarantee of: only who asks by a rule has it convict.
  const inBake =
    holdback > 0 ? [] : (['bakeErrors', 'bakeSlow'] as const).filter((name) => !isAskedOfPast(guards, name));
  return guardNames.filter((name) => limits[name] !== null && !inBake.some((left) => left === name));
}

/** A bake without a holdback knows no slow answers. */
const isAskedOfPast = ({ rules }: ReleasePolicy['guards'], name: 'bakeErrors' | 'bakeSlow'): boolean =>
  name === 'bakeErrors' && rules.bakeErrors !== undefined;

/** How a release's alpha is shared out among its guards in force, the gateways' own, and its retries. */
export function guardBudget(policy: ReleasePolicy, retry: number): AlphaBudget {
  const guards = guardsInForce(policy);
  const weights = Object.fromEntries(
    guards.flatMap((name) => {
      const weight = policy.guards.rules[name]?.weight;
      return weight === undefined ? [] : [[name, weight]];
    }),
  );
  return splitAlpha({
    alpha: policy.alpha,
    guards,
    weights,
    segments: segmentWeights(policy),
    segmentGuards: eventGuardNames,
    gateways: policy.gatewayGuards,
    retry,
  });
}

export const ruleOf = (policy: ReleasePolicy, name: GuardName): GuardRule =>
  policy.guards.rules[name] ?? { action: 'rollback', missing: 'hold' };

/**
 * The sequential tests of a look. Each is an e-process, so that looking often costs nothing; together with the gateways' own they
 * roll back a harmless candidate with a chance of at most `policy.alpha`, over all its retries (union bound: `guardBudget`).
 */
export function guardsOf(seen: ReleaseObservation, policy: ReleasePolicy, moment: GuardMoment): Guard[] {
  const budget = guardBudget(policy, moment.retry);
  const makeIn =
    (segment?: string): MakeGuard =>
    (name, eValue, estimand, grave = true) => {
      const alpha = alphaOf(budget, name, segment);
      return {
        name,
        ...(segment === undefined ? {} : { segment }),
        eValue,
        alpha,
        convicted: alpha > 0 && grave && eValue >= 1 / alpha,
        action: ruleOf(policy, name).action,
        estimand: segment === undefined ? estimand : `${estimand}, where ${segment}`,
      };
    };
  const make = makeIn();
  if (moment.hotfix) return hotfixGuards(seen, policy, makeIn);
  return [
    ...liveGuards(seen, policy, make),
    ...segmentGuards(seen, policy, makeIn),
    ...mirroredGuards(seen, policy, make),
    ...liveAccuracyGuards(seen, policy, make),
    ...valueGuards(seen, policy, make),
    ...twinGuards(seen, policy, make),
    ...scoreGuards(seen, policy, make),
    ...groupGuards(seen, policy, make),
    ...(moment.phase === 'bake' ? bakeGuards(seen, policy, budget, make) : []),
  ];
}

function liveGuards(seen: ReleaseObservation, policy: ReleasePolicy, make: MakeGuard): Guard[] {
  const { guards } = policy;
  return [
    make(
      'accuracy',
      evidenceAgainst(
        policy,
        { all: seen.paired, mature: seen.mature },
        // What was dropped counts for the candidate, as a label does that has not come.
        ({ missing, dropped, ...keys }, unlabelled) =>
          pairedLossEvidence(
            { ...keys, missing: dropped + (unlabelled === 'best' ? missing : 0) },
            guards.accuracyLoss,
          ),
      ),
      `accuracy lost on mirrored requests is at most ${guards.accuracyLoss}`,
    ),
    ...eventGuards(seen, isOftenSlow(seen), guards, make),
    make('sampleRatio', sampleRatioEvidence(seen.events.key), 'keys fall on the canary by the share in force'),
  ];
}

function isOftenSlow(seen: ReleaseObservation): boolean {
  const { slow, requests } = slowOfCanary(seen);
  return slow > leastSlowShare * requests;
}

/**
 * A mirrored request is answered by both: an event of either falls on the canary as if each had half of the keys. Where both
 * have it, it counts on both sides, which is evidence for the canary (the product of both factors is below 1).
 */
function mirroredGuards({ mirroredKeys }: ReleaseObservation, { guards }: ReleasePolicy, make: MakeGuard): Guard[] {
  return [
    make(
      'mirroredErrors',
      eventRateEvidence(halves(mirroredKeys.errors), guards.errorRatio),
      `rate of keys with an error on a mirrored request is at most ${guards.errorRatio} times the champion's on the same`,
    ),
    make(
      'mirroredSlow',
      eventRateEvidence(halves(mirroredKeys.slow), guards.slowRatio),
      `rate of keys with a mirrored request slower than ${guards.slowMs} ms is at most ${guards.slowRatio} times the champion's on the same`,
      mirroredKeys.slow.canary > leastSlowShare * mirroredKeys.keys,
    ),
  ];
}

/**
 * Against the version before, which kept a share of the traffic; where it kept none, against its past. Both are judged by each key's first
 * event since starts that the events do not choose (`bakeEvidence`). Where keys return, the events of a better version are first ones
 * later than those of the holdback, so that a test that starts at the worst moment, as a detector of changes does, convicts it. From
 * a fixed start it has at any time no more first events than an equal version would have, and the evidence is never greater.
 */
function bakeGuards(seen: ReleaseObservation, policy: ReleasePolicy, budget: AlphaBudget, make: MakeGuard): Guard[] {
  const { guards } = policy;
  if (policy.holdback === 0) return [bakeAgainstPast(seen, policy, budget, make)];
  const against = (kind: 'error' | 'slow', tolerated: number): number =>
    bakeEvidence(metricCounts(seen, kind)?.bake ?? seen.bake.map((events) => events[kind]), tolerated);
  return [
    make(
      'bakeErrors',
      against('error', guards.errorRatio),
      rateWords(
        seen,
        'error',
        'an error',
        `stays at most ${guards.errorRatio} times that of the version before, since any of the starts of its bake`,
      ),
    ),
    make(
      'bakeSlow',
      against('slow', guards.slowRatio),
      rateWords(
        seen,
        'slow',
        `an answer slower than ${guards.slowMs} ms`,
        `stays at most ${guards.slowRatio} times that of the version before, since any of the starts of its bake`,
      ),
      isOftenSlow(seen),
    ),
  ];
}

/**
 * Without a holdback there is no other arm beside: the version's errors are held against the upper bound of what the old
 * champion's rate was. What changed meanwhile for any version counts as harm, so that it warns, without a part of alpha, unless the
 * policy has a rule for `bakeErrors`. The bound may fail with half of the alpha, the test with the other half.
 */
function bakeAgainstPast(seen: ReleaseObservation, policy: ReleasePolicy, budget: AlphaBudget, make: MakeGuard): Guard {
  const { champion, canary } = seen.arms;
  const isAsked = isAskedOfPast(policy.guards, 'bakeErrors');
  const spent = isAsked ? alphaOf(budget, 'bakeErrors') : policy.alpha;
  const limit = policy.guards.errorRatio * clopperPearsonInterval(champion.errors, champion.requests, spent).upper;
  const eValue = rateEvidence(canary.errors, canary.requests, limit) / 2;
  const estimand = `rate of errors is at most ${policy.guards.errorRatio} times the upper bound of what the champion's was before the bake, compared with its past as nothing is held back`;
  if (isAsked) return make('bakeErrors', eValue, estimand);
  return { name: 'bakeErrors', eValue, alpha: spent, convicted: eValue >= 1 / spent, action: 'warn', estimand };
}
