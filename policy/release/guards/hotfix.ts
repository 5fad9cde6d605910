import type { MetricKind, ObservedSegment, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { rateEvidence } from '../../../ml/sequential/event-rate.ts';
import type { GuardTest } from './guard.ts';
import { ofCanary } from '../../../ml/sequential/event-non-inferiority.ts';
import { countsOf, metricCounts, rateEstimand, type HotfixEvents } from './metric-source.ts';

/** Keys, or requests where a metric source counts the kind. */
export const hotfixEvents = (seen: ReleaseObservation): HotfixEvents => ({
  events: seen.events,
  metrics: seen.metrics,
  trials: (kind) => ofCanary(metricCounts(seen, kind)?.requests ?? seen.events.key),
});

/** Requests are at least as many as keys: evidence by them is smaller. */
export const hotfixSegment = ({ events, requests }: ObservedSegment): HotfixEvents => ({
  events,
  trials: () => (events.key === undefined ? requests.canary : ofCanary(events.key)),
});

/** Whether the hotfix's own rate is at most a limit of the policy. */
export function limitTest(seen: HotfixEvents, kind: MetricKind, what: string, limit: number): GuardTest {
  const events = ofCanary(countsOf(seen, kind));
  // Two counters of a source may disagree by what came between their readings.
  const eValue = rateEvidence(events, Math.max(seen.trials(kind), events), limit);
  return { eValue, estimand: rateEstimand(seen, kind, what, `is at most ${limit}`) };
}
