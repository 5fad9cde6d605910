import type { ObservedSegment, ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { judgeAnalysis, type JudgedAnalysis, type AnalysisMoment } from '../../policy/release/judge-analysis.ts';
import { last, quiet } from './groups.ts';

/** As `guards.bySegment`. */
export const bySegment = { column: 'country', values: { DE: 2, FR: 1 }, minRequests: 50 };
/** Counts of both versions while the canary has a quarter of the traffic. */
export const split = (champion: number, canary: number) => [{ share: 0.25, champion, canary }];
/** What is seen of one segment: the champion answered 300 requests and the canary 100 unless it is said. */
export const part = (segment: string, events: Partial<ObservedSegment['events']>, canary = 100): ObservedSegment => ({
  segment,
  events: { error: [], slow: [], positive: [], negative: [], ...events },
  requests: { champion: 300, canary },
  slow: { champion: 0, canary: 0 },
});
/** Nothing speaks against the canary in any segment. */
export const calm: ReleaseObservation = { ...quiet, segments: [part('country=DE', {}), part('country=FR', {})] };

/** A look at the last step, unless it is said. */
export const analysis = (
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  more: Partial<AnalysisMoment> = {},
): JudgedAnalysis => judgeAnalysis(seen, policy, { ...last, ...more });
