import type { Arm } from '../../../contracts/release/arm.ts';
import { hourMs } from '../../../contracts/duration.ts';
import { totalOf, type ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { EventMargin } from '../../../contracts/release/promotion-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { planEventProof } from '../../../ml/power/promotion.ts';
import { eventNonInferiorityEvidence, type EventTrials } from '../../../ml/sequential/event-non-inferiority.ts';
import { percent, short } from '../../check.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import { keyPart, unproven, type MetricSetting, type PlanPart } from '../plan/metric-plan.ts';
import { rampOf, type DeclaredTraffic } from '../plan/setting.ts';
import { halves } from './events.ts';
import type { GuardDefinition, Proof } from './guard.ts';
import { metricTrials } from './metric-source.ts';

type EventMetric = 'errors' | 'slow';
const kindOf = { errors: 'error', slow: 'slow' } as const;

/** Rules harm by errors or slow answers out; `rateOf`: the champion's rate in a plan. */
export const eventProof =
  (metric: EventMetric, rateOf: (traffic: DeclaredTraffic) => number): GuardDefinition['proof'] =>
  (policy) => {
    const margin = policy.promotion.metrics[metric];
    if (margin === null) return null;
    return {
      test: (seen) => prove(metric, seen, policy, margin),
      plan: (setting) => planProof(setting, metric, margin, rateOf(setting.traffic)),
    };
  };

/** Harm of an event metric, for a sentence; `unit`: what has or has not the event. */
const harmfulRate = (metric: EventMetric, { ratio, rate }: EventMargin, unit = 'keys'): string =>
  `${percent(rate)} or more ${unit} with ${metric === 'errors' ? 'an error' : 'a slow answer'}, ${short(ratio)} times as many as the champion's`;

/**
 * Where the model's metric source is asked for that kind, by its counts of requests alone, which are evidence as far as requests are
 * independent of each other; counts that are missing prove nothing. Else by keys.
 */
function prove(metric: EventMetric, seen: ReleaseObservation, policy: ReleasePolicy, margin: EventMargin): Proof {
  const bySource = policy.mode === 'blueGreen' ? null : metricTrials(seen, kindOf[metric]);
  const trials = bySource ?? trialsOf(metric, seen, policy);
  const said = (arm: Arm): string => `${arm} on ${totalOf(trials.events, arm)} of ${totalOf(trials.keys, arm)}`;
  const keys = totalOf(trials.keys, 'canary');
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

/** Of live keys; where no step lets both versions answer live, of mirrors, as if each version had half of the keys. */
function trialsOf(
  metric: EventMetric,
  { events, mirroredKeys }: ReleaseObservation,
  { mode }: ReleasePolicy,
): EventTrials {
  if (mode !== 'blueGreen') return { events: events[kindOf[metric]], keys: events.key };
  const { keys } = mirroredKeys;
  return { events: halves(mirroredKeys[metric]), keys: halves({ champion: keys, canary: keys }) };
}

/** Keys gather from the first step on; where there is none, of mirrors from the first one on. */
function planProof(
  { policy, traffic, simulation, before }: MetricSetting,
  metric: EventMetric,
  margin: EventMargin,
  baseRate: number,
): PlanPart {
  const ofMirrored = policy.mode === 'blueGreen';
  const { sample } = policy.shadow;
  const from = ofMirrored ? 0 : before;
  // A key that is mirrored is one of each version.
  const counted = ofMirrored ? 2 * sample : 1;
  const steps = ofMirrored ? [{ share: 0.5, hours: 1 }] : rampOf(policy);
  const harm = harmfulRate(metric, margin);
  const effect = { kind: 'ratio' as const, value: margin.ratio };
  const withinHours = Math.max(0, policy.deadline / hourMs - from);
  const { keysPerHour } = traffic;
  if (keysPerHour * counted === 0) return unproven(harm, effect, 'there are no keys to compare the versions by');
  const plan = { ...simulation, steps, keysPerHour: keysPerHour * counted, alpha: promotionAlpha(policy), withinHours };
  const crossing = planEventProof({ ...plan, baseRate, margin });
  return {
    ...keyPart(crossing, { keysPerHour, counted, from }),
    harm,
    effect,
    never: 'at that rate of the champion the margin is not to be shown',
  };
}
