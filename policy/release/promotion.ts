import { type Proof, harmfulLoss } from './guards/guard.ts';
import { scoreSteps } from '../../contracts/evidence/groups.ts';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { PromotionMetric } from '../../contracts/release/promotion-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { agreementEvidence, steppedStabilityEvidence } from '../../ml/sequential/agreement.ts';
import { liveNonInferiorityEvidence } from '../../ml/sequential/live-loss.ts';
import { pairedNonInferiorityEvidence } from '../../ml/sequential/paired.ts';
import { percent, short } from '../check.ts';
import { eventProof } from './guards/event-proof.ts';
import { missingForProof } from './label-cohorts.ts';
import { liveDifference, shareLimits } from './guards/live-accuracy.ts';
import { valueProof } from './guards/value.ts';

/** Chance that a candidate which is harmful by a metric is promoted. */
export const promotionAlpha = ({ promotion, alpha }: ReleasePolicy): number => promotion.alpha ?? alpha;

/** Metrics that must be proven, in their order. */
export const requiredMetrics = ({ promotion: { metrics }, minLabels }: ReleasePolicy): PromotionMetric[] =>
  metricNames.filter((name) => metrics[name] !== null && (name !== 'accuracy' || minLabels > 0));
const metricNames = ['accuracy', 'liveAccuracy', 'value', 'errors', 'slow', 'agreement', 'scoreShift'] as const;

/** What the required metrics have shown: a version is promoted when each of them rules its harm out. */
export function proofsOf(seen: ReleaseObservation, policy: ReleasePolicy): Proof[] {
  const { metrics } = policy.promotion;
  const of = <Margin>(asked: Margin | null, proof: (asked: Margin) => Proof): Proof[] =>
    asked === null ? [] : [proof(asked)];
  return [
    ...of(policy.minLabels > 0 ? metrics.accuracy : null, ({ margin }) => accuracyProof(seen, policy, margin)),
    ...of(metrics.liveAccuracy, ({ margin }) => liveProof(seen, policy, margin)),
    ...of(metrics.value, ({ margin }) => valueProof(seen, policy, margin)),
    ...of(metrics.errors, (margin) => eventProof('errors', seen, policy, margin)),
    ...of(metrics.slow, (margin) => eventProof('slow', seen, policy, margin)),
    ...of(metrics.agreement, ({ margin }) => agreementProof(seen, policy, margin)),
    ...of(metrics.scoreShift, ({ margin }) => shiftProof(seen, policy, margin)),
  ];
}

function accuracyProof(seen: ReleaseObservation, policy: ReleasePolicy, margin: number): Proof {
  const { mature } = seen;
  const loss = harmfulLoss(policy.guards.accuracyLoss, margin);
  const atWorst = mature.dropped + (missingForProof(policy) === 'worst' ? mature.missing : 0);
  return {
    metric: 'accuracy',
    evidence: pairedNonInferiorityEvidence({ ...mature, missing: atWorst }, loss),
    harm: `a loss of accuracy of ${percent(loss)}`,
    counted: `${mature.labels} labels${atWorst > 0 ? `, ${atWorst} missing ones at their worst,` : ''}`,
    detail: difference(mature),
  };
}

/** Metrics that are proven by what comes back later. */
export const needsLabels = (metric: PromotionMetric): boolean =>
  metric === 'accuracy' || metric === 'liveAccuracy' || metric === 'value';

/** Of accuracy, for a sentence. */
export const difference = ({ labels, championRight, canaryRight }: ReleaseObservation['paired']): string =>
  labels === 0
    ? 'none so far'
    : `canary right on ${percent(canaryRight / labels)}, champion on ${percent(championRight / labels)} of the same requests`;

function liveProof({ labelled }: ReleaseObservation, policy: ReleasePolicy, margin: number): Proof {
  const keys = labelled?.mature ?? [];
  const loss = harmfulLoss(policy.guards.liveAccuracyLoss, margin);
  const limits = shareLimits(policy);
  const atWorst = missingForProof(policy) === 'worst';
  const count = (of: 'right' | 'wrong' | 'missing'): number => keys.reduce((sum, one) => sum + one[of], 0);
  const missing = atWorst ? count('missing') : 0;
  return {
    metric: 'liveAccuracy',
    evidence: limits === null ? 1 : liveNonInferiorityEvidence(keys, limits, loss, atWorst ? 'worst' : 'out'),
    harm: `a loss of accuracy of ${percent(loss)} on live requests`,
    counted: `${count('right') + count('wrong')} labels of live requests${missing > 0 ? `, ${missing} missing ones at their worst,` : ''}`,
    detail: liveDifference(keys, policy),
  };
}

function agreementProof({ agreement: seen }: ReleaseObservation, { guards }: ReleasePolicy, margin: number): Proof {
  const limit = harmfulLoss(1 - (guards.minAgreement ?? 1), margin);
  return {
    metric: 'agreement',
    evidence: agreementEvidence(seen, limit),
    harm: `other labels for ${percent(limit)} of mirrored keys`,
    counted: `${seen.pairs} mirrored keys`,
    detail: `${seen.disagree} with other labels, ${seen.missing} without an answer of both`,
  };
}

function shiftProof({ agreement }: ReleaseObservation, { guards }: ReleasePolicy, margin: number): Proof {
  const scores = agreement.scores ?? { differences: [], missing: 0 };
  const limit = harmfulLoss(guards.maxScoreShift, margin);
  return {
    metric: 'scoreShift',
    evidence: steppedStabilityEvidence({ ...scores, steps: scoreSteps }, limit),
    harm: `a mean shift of the probability by ${short(limit)}`,
    counted: `${scores.differences.reduce((sum, [, keys]) => sum + keys, 0)} mirrored keys`,
    detail: `${scores.missing} without probabilities of both`,
  };
}
