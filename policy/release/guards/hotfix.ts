import type { Guard, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { ofCanary } from '../../../ml/sequential/event-non-inferiority.ts';
import { rateEvidence } from '../../../ml/sequential/event-rate.ts';
import type { MakeGuard } from './guard.ts';
import { segmentsIn } from './events.ts';
import { countsOf, metricCounts, rateWords, type SeenEvents } from './metric-source.ts';

type LimitedKind = 'error' | 'slow';

/**
 * Of the candidate's own keys, compared with limits of the policy, in all of the traffic and in each segment that the policy names; of its
 * requests in all of the traffic where a metric source counts them.
 */
export function hotfixGuards(
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  makeIn: (segment?: string) => MakeGuard,
): Guard[] {
  const counted = (kind: LimitedKind): number => ofCanary(metricCounts(seen, kind)?.requests ?? seen.events.key);
  return [
    ...limitGuards(seen, counted, policy, makeIn()),
    ...segmentsIn(seen, policy).flatMap(({ segment, events, requests }) => {
      // Requests are at least as many as keys: evidence by them is smaller.
      const keys = events.key === undefined ? requests.canary : ofCanary(events.key);
      return limitGuards({ events }, () => keys, policy, makeIn(segment));
    }),
  ];
}

function limitGuards(
  seen: SeenEvents,
  trialsOf: (kind: LimitedKind) => number,
  { guards, hotfix }: ReleasePolicy,
  make: MakeGuard,
): Guard[] {
  const against = (kind: LimitedKind, limit: number): number => {
    const events = ofCanary(countsOf(seen, kind));
    // Two counters of a source may disagree by what came between their readings.
    return rateEvidence(events, Math.max(trialsOf(kind), events), limit);
  };
  return [
    make(
      'errors',
      against('error', hotfix.maxErrorRate),
      rateWords(seen, 'error', 'an error', `is at most ${hotfix.maxErrorRate}`),
    ),
    make(
      'slow',
      against('slow', hotfix.maxSlowRate),
      rateWords(seen, 'slow', `an answer slower than ${guards.slowMs} ms`, `is at most ${hotfix.maxSlowRate}`),
    ),
  ];
}
