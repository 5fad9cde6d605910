import type { Guard, ReleaseObservation } from '../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../contracts/release-policy.ts';
import { rateEvidence } from '../ml/sequential/event-rate.ts';
import type { MakeGuard } from './answer-guards.ts';
import { countsOf, metricCounts, ofCanary, rateWords } from './metric-evidence.ts';

/** Of the candidate's own keys, compared with limits of the policy; of its requests where a metric source counts them. */
export function hotfixGuards(seen: ReleaseObservation, { guards, hotfix }: ReleasePolicy, make: MakeGuard): Guard[] {
  const against = (kind: 'error' | 'slow', limit: number): number => {
    const events = ofCanary(countsOf(seen, kind));
    const trials = ofCanary(metricCounts(seen, kind)?.requests ?? seen.events.key);
    // Two counters of a source may disagree by what came between their readings.
    return rateEvidence(events, Math.max(trials, events), limit);
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
