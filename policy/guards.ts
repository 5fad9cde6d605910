import type { Guard, ReleaseObservation } from '../contracts/evidence/release.ts';
import { guardNames, type GuardName, type GuardRule, type ReleasePolicy } from '../contracts/release-policy.ts';
import { detectorEvidence, openDetector, readEvents } from '../ml/sequential/e-detector.ts';
import { eventRateEvidence, rateEvidence } from '../ml/sequential/event-rate.ts';
import { pairedLossEvidence } from '../ml/sequential/paired.ts';
import { sampleRatioEvidence } from '../ml/sequential/sample-ratio.ts';
import { clopperPearsonInterval } from '../ml/statistics/proportion.ts';
import { alphaOf, splitAlpha, type AlphaBudget } from './alpha-budget.ts';
import { groupGuards, scoreGuards, twinGuards, type MakeGuard } from './answer-guards.ts';
import { eventGuardNames, eventGuards, halves, leastSlowShare, segmentGuards } from './event-guards.ts';
import { hotfixGuards } from './hotfix-guards.ts';
import { evidenceAgainst } from './label-cohorts.ts';
import { liveAccuracyGuards } from './live-accuracy.ts';
import { valueGuards } from './live-value.ts';
import { metricCounts, rateWords, slowOfCanary } from './metric-evidence.ts';
import { segmentWeights } from './segments-to-read.ts';

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
export function guardsInForce({ guards }: ReleasePolicy): GuardName[] {
  const limits: Partial<Record<GuardName, unknown>> = {
    fairness: guards.fairness,
    agreement: guards.minAgreement,
    scoreShift: guards.maxScoreShift,
    scoreBand: guards.scoreBand,
    outOfRange: guards.outOfRangeRatio,
    liveAccuracy: guards.liveAccuracyLoss,
    value: guards.value,
  };
  return guardNames.filter((name) => limits[name] !== null);
}

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
    ...(moment.phase === 'bake' ? bakeGuards(seen, policy, alphaOf(budget, 'bakeErrors'), make) : []),
  ];
}

function liveGuards(seen: ReleaseObservation, policy: ReleasePolicy, make: MakeGuard): Guard[] {
  const { guards } = policy;
  return [
    make(
      'accuracy',
      evidenceAgainst(
        policy,
        { all: seen.paired, mature: seen.mature ?? seen.paired },
        // What was dropped counts for the candidate, as a label does that has not come.
        ({ missing, dropped = 0, ...keys }, unlabelled) =>
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

/** Against the version before, which kept a share of the traffic; where it kept none, against its past. */
function bakeGuards(seen: ReleaseObservation, policy: ReleasePolicy, alpha: number, make: MakeGuard): Guard[] {
  const { guards } = policy;
  if (policy.holdback === 0) return [bakeAgainstPast(seen, policy, alpha, make)];
  // Sums have no order, which a detector needs: they are judged over the whole bake.
  const against = (kind: 'error' | 'slow', tolerated: number): number => {
    const counted = metricCounts(seen, kind);
    if (counted !== null) return eventRateEvidence(counted.bake, tolerated);
    return detectorEvidence(
      readEvents(
        openDetector(tolerated, guards.bakeEvents),
        seen.bake[kind].map(([share, events]) => ({
          share,
          arm: events > 0 ? ('canary' as const) : ('champion' as const),
          events: Math.abs(events),
        })),
      ),
    );
  };
  const over = (kind: 'error' | 'slow'): string =>
    metricCounts(seen, kind) === null
      ? `, within the first ${guards.bakeEvents} events of the bake`
      : ', over the whole bake';
  return [
    make(
      'bakeErrors',
      against('error', guards.errorRatio),
      rateWords(
        seen,
        'error',
        'an error',
        `stays at most ${guards.errorRatio} times that of the version before${over('error')}`,
      ),
    ),
    make(
      'bakeSlow',
      against('slow', guards.slowRatio),
      rateWords(
        seen,
        'slow',
        `an answer slower than ${guards.slowMs} ms`,
        `stays at most ${guards.slowRatio} times that of the version before${over('slow')}`,
      ),
      isOftenSlow(seen),
    ),
  ];
}

/**
 * Without a holdback there is no other arm beside: the version's errors are held against the upper bound of what the old
 * champion's rate was. The bound may fail with half of the guard's alpha, the test with the other half.
 */
function bakeAgainstPast(seen: ReleaseObservation, policy: ReleasePolicy, alpha: number, make: MakeGuard): Guard {
  const { champion, canary } = seen.arms;
  const limit = policy.guards.errorRatio * clopperPearsonInterval(champion.errors, champion.requests, alpha).upper;
  return make(
    'bakeErrors',
    rateEvidence(canary.errors, canary.requests, limit) / 2,
    `rate of errors is at most ${policy.guards.errorRatio} times the upper bound of what the champion's was`,
  );
}
