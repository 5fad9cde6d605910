import { agreementEvidence, disagreementEvidence } from '../../../ml/sequential/agreement.ts';
import { disagreementQuestion, planAgreementProof } from '../../../ml/power/outcomes.ts';
import { enough, percent } from '../../check.ts';
import { ofKeys, planMirrored, planMirroredProof, unanswered } from '../plan/mirrored.ts';
import type { MetricSetting, PlanPart } from '../plan/metric-plan.ts';
import { harmfulLoss, type GuardDefinition, type Proof, type SeenRelease } from './guard.ts';

/** Whether the two versions give the same labels to the same requests; no true label is needed. */
export const agreement: GuardDefinition = {
  name: 'agreement',
  harm: "labels differ too often from the champion's",
  defaultWeight: 0.1,
  inForce: ({ guards }) => guards.minAgreement !== null,
  test: (seen, { guards: { minAgreement: least } }) => {
    if (least === null) throw new RangeError('no agreement is judged by a policy without guards.minAgreement');
    return {
      eValue: disagreementEvidence(seen.agreement, 1 - least),
      estimand: `share of mirrored keys with the same label of both is at least ${percent(least)}`,
    };
  },
  enough: (seen, { guards, shadow }, { missing }) => {
    if (guards.minAgreement === null) return [];
    const { pairs } = seen.agreement;
    const what = 'mirrored keys that both versions answered';
    return [enough('canary.agreement', pairs, shadow.minRequests, what, missing)];
  },
  proof: (policy) => {
    const { agreement: asked } = policy.promotion.metrics;
    if (asked === null) return null;
    const limit = harmfulLoss(1 - (policy.guards.minAgreement ?? 1), asked.margin);
    return { test: (seen) => prove(seen, limit), plan: (setting) => planProof(setting, limit) };
  },
  plan: (setting, guard) => {
    const { policy, asked, traffic } = setting;
    const limit = 1 - (policy.guards.minAgreement ?? 1);
    return planMirrored(setting, guard, {
      ...ofKeys(setting),
      kind: 'disagreement',
      limit,
      value: Math.min(1, limit + asked.fall),
      question: (within) => disagreementQuestion({ ...within, limit, missing: unanswered(traffic.errorRate) }),
    });
  },
  docs: {
    setting: 'minAgreement: 0.98',
    evidence: 'first mirrored request of a key, both labels',
    hypothesis: '"the same label for at least so many keys", a betting e-process',
  },
};

function prove(seen: SeenRelease, limit: number): Proof {
  const known = seen.agreement;
  return {
    metric: 'agreement',
    evidence: agreementEvidence(known, limit),
    harm: `other labels for ${percent(limit)} of mirrored keys`,
    counted: `${known.pairs} mirrored keys`,
    detail: `${known.disagree} with other labels, ${known.missing} without an answer of both`,
  };
}

/** Versions that are as good as each other differ on as many keys as they did side by side, or as is declared. */
function planProof(setting: MetricSetting, limit: number): PlanPart {
  const { traffic } = setting;
  const [missing, rate] = [unanswered(traffic.errorRate), traffic.disagreementShare];
  return planMirroredProof(setting, (within) => planAgreementProof({ ...within, limit, missing, rate }), {
    harm: `other labels for ${percent(limit)} of the mirrored keys`,
    effect: { kind: 'disagreement', value: limit },
    never: `harmless versions give ${percent(rate + missing - rate * missing)} of the keys other labels, or one of them no answer`,
  });
}
