import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Check } from '../../../contracts/verdict.ts';
import { enough } from '../../check.ts';
import { segmentsIn } from '../guards/events.ts';

/** A segment with too little evidence says nothing: `missing` decides. */
export function segmentChecks(seen: ReleaseObservation, policy: ReleasePolicy, missing: Check['status']): Check[] {
  const least = policy.guards.bySegment?.minRequests ?? 0;
  return segmentsIn(seen, policy).map(({ segment, requests }) =>
    enough(`canary.requests[${segment}]`, requests.canary, least, `requests of the canary where ${segment}`, missing),
  );
}
