import type { EventCounts, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { EventMargin } from '../../../contracts/release/promotion-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { eventNonInferiorityEvidence, type EventTrials } from '../../../ml/sequential/event-non-inferiority.ts';
import { percent, short } from '../../check.ts';
import { halves } from './events.ts';
import { metricTrials } from './metric-source.ts';
import type { Proof } from './guard.ts';

type EventMetric = 'errors' | 'slow';
const kindOf = { errors: 'error', slow: 'slow' } as const;

/** Harm of an event metric, for a sentence; `unit`: what has or has not the event. */
export const harmfulRate = (metric: EventMetric, { ratio, rate }: EventMargin, unit = 'keys'): string =>
  `${percent(rate)} or more ${unit} with ${metric === 'errors' ? 'an error' : 'a slow answer'}, ${short(ratio)} times as many as the champion's`;

/**
 * Against harm by errors or slow answers. Where the model's metric source is asked for that kind, by its counts of requests alone, which
 * are evidence as far as requests are independent of each other; counts that are missing prove nothing. Else by keys.
 */
export function eventProof(
  metric: EventMetric,
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  margin: EventMargin,
): Proof {
  const bySource = policy.mode === 'blueGreen' ? null : metricTrials(seen, kindOf[metric]);
  const trials = bySource ?? trialsOf(metric, seen, policy);
  const count = (of: readonly EventCounts[], arm: 'champion' | 'canary'): number =>
    of.reduce((sum, one) => sum + one[arm], 0);
  const said = (arm: 'champion' | 'canary'): string =>
    `${arm} on ${count(trials.events, arm)} of ${count(trials.keys, arm)}`;
  const keys = count(trials.keys, 'canary');
  const missing = bySource?.missing ?? null;
  return {
    metric,
    evidence: eventNonInferiorityEvidence(trials, margin),
    harm: harmfulRate(metric, margin, bySource === null ? 'keys' : 'requests'),
    counted:
      bySource === null
        ? `${keys} keys of the canary`
        : `${keys} requests of the canary, counted by the metric source and taken as independent of each other,`,
    detail: missing === null ? `${said('canary')}, ${said('champion')}` : `it has no counts: ${missing}`,
  };
}

/** Of live keys; where no step lets both versions answer live, of copies, as if each version had half of the keys. */
function trialsOf(
  metric: EventMetric,
  { events, mirroredKeys }: ReleaseObservation,
  { mode }: ReleasePolicy,
): EventTrials {
  if (mode !== 'blueGreen') return { events: events[kindOf[metric]], keys: events.key };
  const { keys } = mirroredKeys;
  return { events: halves(mirroredKeys[metric]), keys: halves({ champion: keys, canary: keys }) };
}
