import type {
  EventCounts,
  MetricKind,
  ObservedSegment,
  ReleaseObservation,
} from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { wholeTraffic } from '../alpha-budget.ts';
import { segmentWeights } from '../what-to-count/segments.ts';
import type { GuardDocs, GuardTest } from './guard.ts';
import { countsOf, rateEstimand, slowOfCanary, type SeenEvents } from './metric-source.ts';

/** Whether predictions are those of two labels. */
export const hasTwoLabels = ({ guards: { predictions } }: ReleasePolicy): boolean =>
  predictions === undefined || predictions === 'twoLabels';

/** What a policy of other labels is told of their guards. */
export const otherLabels = (at: string, { guards }: ReleasePolicy): string =>
  guards.predictions === 'none'
    ? noPredictions(at)
    : `it judges two labels, which ${at}guards.predictions says there are not: of more labels and of numbers name mix`;

/** What a policy without guards of predictions is told of each. */
export const noPredictions = (at: string): string =>
  `${at}guards.predictions is none, and this guard judges predictions: write twoLabels or mix there`;

/** A version with fewer slow requests is not called slow at any ratio: its p99 is within `slowMs`. */
export const leastSlowShare = 0.01;

/** Whether the canary is slow often enough to be called slow. */
export function isOftenSlow(seen: ReleaseObservation): boolean {
  const { slow, requests } = slowOfCanary(seen);
  return slow > leastSlowShare * requests;
}

/** Of mirrored requests: each is one of each version, so that an event falls on the canary as if it had half of the keys. */
export const halves = (counts: Omit<EventCounts, 'share'>): EventCounts[] => [{ share: 0.5, ...counts }];

/** Whether the rate of an event is at most `ratio` times the champion's, by the version that answered. */
export const eventTest = (seen: SeenEvents, kind: MetricKind, what: string, ratio: number): GuardTest => ({
  eValue: eventRateEvidence(countsOf(seen, kind), ratio),
  estimand: rateEstimand(seen, kind, what, `is at most ${ratio} times the champion's`),
});

export const eventDocs: GuardDocs = {
  evidence: 'first event of a key, by arm',
  hypothesis: `"at most so many times the champion's", a binomial mixture`,
};

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
