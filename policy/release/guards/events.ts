import type {
  EventCounts,
  Guard,
  MetricKind,
  ObservedSegment,
  ReleaseObservation,
} from '../../../contracts/evidence/release.ts';
import type { GuardName, ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check } from '../../../contracts/verdict.ts';
import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { wholeTraffic } from '../alpha-budget.ts';
import type { MakeGuard } from './guard.ts';
import { enough } from '../../check.ts';
import { countsOf, rateWords, type SeenEvents } from './metric-source.ts';
import { segmentWeights } from '../what-to-count/segments.ts';

/** A version with fewer slow requests is not called slow at any ratio: its p99 is within `slowMs`. */
export const leastSlowShare = 0.01;

/** Guards that judge each segment of the traffic by itself, where the policy names segments. */
export const eventGuardNames = ['errors', 'slow', 'positives', 'negatives'] as const;

/** Of copies: a mirrored request is one of each version, so that an event falls on the canary as if it had half of the keys. */
export const halves = (counts: Omit<EventCounts, 'share'>): EventCounts[] => [{ share: 0.5, ...counts }];

/** By the version that answered; slow answers convict where they are often so slow. */
export function eventGuards(
  seen: SeenEvents,
  isOftenSlow: boolean,
  { errorRatio, slowMs, slowRatio, predictionRatio }: ReleasePolicy['guards'],
  make: MakeGuard,
): Guard[] {
  const guard = (name: GuardName, kind: MetricKind, what: string, ratio: number, grave = true): Guard =>
    make(
      name,
      eventRateEvidence(countsOf(seen, kind), ratio),
      rateWords(seen, kind, what, `is at most ${ratio} times the champion's`),
      grave,
    );
  return [
    guard('errors', 'error', 'an error', errorRatio),
    guard('slow', 'slow', `an answer slower than ${slowMs} ms`, slowRatio, isOftenSlow),
    guard('positives', 'positive', 'a positive prediction', predictionRatio),
    guard('negatives', 'negative', 'a negative prediction', predictionRatio),
  ];
}

/** What the log said of each segment that the policy names, in that order; nothing where it was not asked. */
export const segmentsIn = ({ segments = [] }: ReleaseObservation, policy: ReleasePolicy): ObservedSegment[] =>
  Object.keys(segmentWeights(policy)).flatMap((name) =>
    name === wholeTraffic
      ? []
      : (segments.find(({ segment }) => segment === name) ?? { segment: name, ...nothingSeen }),
  );

const nothingSeen = {
  events: { error: [], slow: [], positive: [], negative: [] },
  requests: { champion: 0, canary: 0 },
  slow: { champion: 0, canary: 0 },
};

/** The same in each segment. */
export const segmentGuards = (
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  makeIn: (segment: string) => MakeGuard,
): Guard[] =>
  segmentsIn(seen, policy).flatMap(({ segment, events, requests, slow }) =>
    eventGuards({ events }, slow.canary > leastSlowShare * requests.canary, policy.guards, makeIn(segment)),
  );

/** A segment with too little evidence says nothing: `missing` decides. */
export function segmentChecks(seen: ReleaseObservation, policy: ReleasePolicy, missing: Check['status']): Check[] {
  const least = policy.guards.bySegment?.minRequests ?? 0;
  return segmentsIn(seen, policy).map(({ segment, requests }) =>
    enough(`canary.requests[${segment}]`, requests.canary, least, `requests of the canary where ${segment}`, missing),
  );
}
