import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import { bakeEvidence } from '../bake-starts.ts';
import type { GuardDocs, GuardTest } from './guard.ts';
import { metricCounts, rateEstimand } from './metric-source.ts';

/**
 * Against the version before, which kept a share of the traffic. It is judged by each key's first event since starts that the events do
 * not choose (`bakeEvidence`). Where keys return, the events of a better version are first ones later than those of the holdback, so that
 * a test that starts at the worst moment, as a detector of changes does, fires on it. From a fixed start it has at any time no more first
 * events than an equal version would have, and the evidence is never greater.
 */
export const bakeTest = (seen: ReleaseObservation, kind: 'error' | 'slow', what: string, ratio: number): GuardTest => ({
  eValue: bakeEvidence(metricCounts(seen, kind)?.bake ?? seen.bake.map((events) => events[kind]), ratio),
  estimand: rateEstimand(
    seen,
    kind,
    what,
    `stays at most ${ratio} times that of the version before, since any of the starts of its bake`,
  ),
});

export const bakeDocs: GuardDocs = {
  evidence: 'first events of a key since each of four starts of the bake, or the counts of a metric source',
  hypothesis: 'the holdback, by the binomial mixture of `errors` from each start',
};
