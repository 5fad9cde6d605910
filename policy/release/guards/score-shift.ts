import { scoreSteps } from '../../../contracts/evidence/groups.ts';
import { planStabilityProof, scoreShiftQuestion } from '../../../ml/power/outcomes.ts';
import { steppedShiftEvidence, steppedStabilityEvidence } from '../../../ml/sequential/agreement.ts';
import { enough, percent, short } from '../../check.ts';
import { threeDigits } from '../../three-digits.ts';
import { ofKeys, planMirrored, planMirroredProof, unanswered } from '../plan/mirrored.ts';
import type { MetricSetting, PlanPart } from '../plan/metric-plan.ts';
import { harmfulLoss, type GuardDefinition, type Proof, type SeenRelease } from './guard.ts';

const scoresOf = ({ agreement }: SeenRelease) => agreement.scores ?? { differences: [], missing: 0 };
const countOf = (seen: SeenRelease): number => scoresOf(seen).differences.reduce((sum, [, keys]) => sum + keys, 0);

/** Whether the two versions give the same probabilities to the same requests, on average. */
export const scoreShift: GuardDefinition = {
  name: 'scoreShift',
  harm: "probabilities differ too much from the champion's",
  defaultWeight: 0.1,
  inForce: ({ guards }) => guards.maxScoreShift !== null,
  counts: ({ guards, promotion }) =>
    guards.maxScoreShift !== null || promotion.metrics.scoreShift !== null ? { scores: true } : {},
  test: (seen, { guards: { maxScoreShift: most } }) => {
    if (most === null) throw new RangeError('no shift is judged by a policy without guards.maxScoreShift');
    return {
      eValue: steppedShiftEvidence({ ...scoresOf(seen), steps: scoreSteps }, most),
      estimand: `probability of the positive label is shifted by at most ${most} on average on mirrored keys`,
    };
  },
  enough: (seen, { guards, shadow }, { missing }) => {
    if (guards.maxScoreShift === null) return [];
    const what = 'mirrored keys with probabilities of both';
    return [enough('canary.scores', countOf(seen), shadow.minRequests, what, missing)];
  },
  proof: (policy) => {
    const { scoreShift: asked } = policy.promotion.metrics;
    if (asked === null) return null;
    const limit = harmfulLoss(policy.guards.maxScoreShift, asked.margin);
    return { test: (seen) => prove(seen, limit), plan: (setting) => planProof(setting, limit) };
  },
  plan: (setting, guard) => {
    const { policy, asked, traffic } = setting;
    const limit = policy.guards.maxScoreShift ?? 1;
    const [missing, spread] = [unanswered(traffic.errorRate), traffic.scoreSpread];
    return planMirrored(setting, guard, {
      ...ofKeys(setting),
      kind: 'shift',
      limit,
      value: Math.min(1, limit + asked.shift),
      question: (within) => scoreShiftQuestion({ ...within, limit, missing, spread }),
    });
  },
  numbers: ({ guards }, { scoreSpread: from }) =>
    guards.maxScoreShift === null ? [] : [{ name: 'score spread', value: threeDigits(from.value), from }],
  unsimulated: { incident: 'shift of the score', why: 'no scores are simulated' },
  docs: {
    setting: 'maxScoreShift: 0.02',
    evidence: 'first mirrored request of a key, both probabilities',
    hypothesis: '"the mean shifts by at most so much, up or down", a betting e-process',
  },
};

function prove(seen: SeenRelease, limit: number): Proof {
  const scores = scoresOf(seen);
  return {
    metric: 'scoreShift',
    evidence: steppedStabilityEvidence({ ...scores, steps: scoreSteps }, limit),
    harm: `a mean shift of the probability by ${short(limit)}`,
    counted: `${countOf(seen)} mirrored keys`,
    detail: `${scores.missing} without probabilities of both`,
  };
}

/** Scores of versions that are as good as each other differ by the spread, and by 0 on average. */
function planProof(setting: MetricSetting, limit: number): PlanPart {
  const { traffic } = setting;
  const [missing, spread] = [unanswered(traffic.errorRate), traffic.scoreSpread];
  return planMirroredProof(setting, (within) => planStabilityProof({ ...within, limit, missing, spread }), {
    harm: `a mean shift of the probability by ${short(limit)}`,
    effect: { kind: 'shift', value: limit },
    never: `keys that one version does not answer count as the strongest shift, and these are ${percent(missing)}`,
  });
}
