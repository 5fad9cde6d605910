import { describe, expect, test } from 'vitest';
import { scoreSteps } from '../../contracts/evidence/groups.ts';
import type { Random } from '../../ml/random.ts';
import { agreementEvidence, steppedStabilityEvidence } from '../../ml/sequential/agreement.ts';
import { groupHarms, pairedDifference } from '../../ml/sequential/group-contrast.ts';
import type { MetricPlan } from '../../policy/release/plan/metric-plan.ts';
import { metricOf, needed, planned, planOf } from './promotion-plan.ts';

const alpha = 0.05;

/** Both medians, within their Monte-Carlo errors. */
function agrees(plan: MetricPlan, direct: readonly number[]) {
  const [half, most] = [direct[Math.floor(direct.length / 2)] ?? NaN, direct[Math.floor(0.95 * direct.length)] ?? NaN];
  expect((plan.needs.median ?? NaN) / half).toBeGreaterThan(0.8);
  expect((plan.needs.median ?? NaN) / half).toBeLessThan(1.25);
  expect((plan.needs.p95 ?? NaN) / most).toBeGreaterThan(0.65);
  expect((plan.needs.p95 ?? NaN) / most).toBeLessThan(1.5);
}

describe('a harmless candidate is proven after as many keys as the evidence of each key says', () => {
  test('to agree with its fp32 reference, where it differs on 2 % of the keys and some get no answer', () => {
    const odd = { disagreementShare: 0.02, errorRate: 0.002 };
    const plan = planned('agreement', { margin: 0.02 }, { guards: { minAgreement: 0.97 } }, odd);
    const direct = needed(80, (random) => {
      const counts = { pairs: 0, disagree: 0, missing: 0 };
      for (let key = 1; ; key++) {
        if (random.next() < 0.003996) counts.missing += 1;
        else {
          counts.pairs += 1;
          if (random.next() < 0.02) counts.disagree += 1;
        }
        if (key % 5 === 0 && agreementEvidence(counts, 0.05) >= 1 / alpha) return key;
      }
    });
    expect(plan.effect).toEqual({ kind: 'disagreement', value: expect.closeTo(0.05, 12) });
    agrees(plan, direct);
    expect(plan.hours.p95).toBeCloseTo((plan.needs.p95 ?? NaN) / 36_000, 9);
  });
  test('to have scores that stay, whose differences are as a normal distribution draws them', () => {
    const odd = { scoreSpread: 0.2, errorRate: 0.002 };
    const plan = planned('scoreShift', { margin: 0.03 }, { shadow: { minRequests: 1 } }, odd);
    const direct = needed(80, (random) => {
      const steps = new Map<number, number>();
      let missing = 0;
      for (let key = 1; ; key++) {
        const step = Math.floor(0.2 * random.normal() * scoreSteps);
        if (random.next() < 0.003996) missing += 1;
        else steps.set(step, (steps.get(step) ?? 0) + 1);
        if (key % 20 !== 0) continue;
        const seen = { differences: [...steps], steps: scoreSteps, missing };
        if (steppedStabilityEvidence(seen, 0.03) >= 1 / alpha) return key;
      }
    });
    expect(plan.effect).toEqual({ kind: 'shift', value: 0.03 });
    agrees(plan, direct);
  });
  const fairness = { maxGroupLoss: 0.05, minGroupKeys: 50, promote: true };
  /** All mirrored keys with a label; one in five is in the group and three in ten of these are positive. */
  const labels = (missing: number) => (random: Random) => {
    const counts = { labels: 0, worse: 0, better: 0 };
    let [atWorst, labelled] = [0, 0];
    for (let key = 1; ; key++) {
      const isLabelled = random.next() >= missing;
      if (isLabelled) labelled += 1;
      if (random.next() >= 0.2) continue;
      if (!isLabelled) atWorst += 1;
      else if (random.next() < 0.3) {
        counts.labels += 1;
        const draw = random.next();
        if (draw < 0.025) counts.worse += 1;
        else if (draw < 0.05) counts.better += 1;
      } else continue;
      const { counts: seen, range } = pairedDifference(counts);
      const difference = { group: 'g', counts: [...seen, { value: -1, count: atWorst }], range };
      const [group] = groupHarms([difference], 0.05, 'high', 50);
      if (counts.labels >= 50 && (group?.noHarm ?? 0) >= 1 / alpha) return labelled;
    }
  };
  test.each([
    ['left out', 'random', 3600, 0],
    ['at their worst', 'worst', 35_820, 0.005],
  ] as const)('not to harm the smallest group, labels that never come %s', (_, missing, labelsPerHour, share) => {
    const change = { guards: { fairness }, labels: { missing }, promotion: { metrics: { accuracy: null } } };
    const plan = metricOf(planOf(change, { labelsPerHour }, 100), 'fairness');
    agrees(plan, needed(80, labels(share)));
    expect(plan.effect).toEqual({ kind: 'groupLoss', value: 0.05 });
    expect(plan.hours.p95).toBeCloseTo(0.5 + (plan.needs.p95 ?? NaN) / labelsPerHour, 3);
  });
});

describe('the soonest promotion', () => {
  const pairs = {
    promotion: { metrics: { accuracy: null, agreement: { margin: 0.01 }, scoreShift: { margin: 0.05 } } },
  };
  test('waits for the proof that takes longest, of groups too', () => {
    const fairness = { maxGroupLoss: 0.02, promote: true };
    const guards = { fairness, minAgreement: 0.9 };
    const plan = planOf({ ...pairs, guards }, { errorRate: 0.001 });
    expect(plan.metrics.map(({ metric }) => metric)).toEqual(['agreement', 'scoreShift', 'fairness']);
    expect(plan.soonestHours.p95).toBe(metricOf(plan, 'fairness').hours.p95);
    expect(plan.message).toContain('rule out a loss of 2 % in the TPR of a group with 20 % of the keys');
  });
  test.each([
    [{ guards: { minAgreement: 0.98 } }, {}, 'agreement: harmless versions give 6.891 % of the keys other labels'],
    [{}, { errorRate: 0.05 }, 'scoreShift: keys that one version does not answer count as the strongest shift'],
    [{ shadow: { sample: 0 } }, {}, 'agreement: nothing is mirrored; scoreShift: nothing is mirrored'],
  ])('is never, where a proof cannot be: %j at %j', (change, odd, message) => {
    const plan = planOf({ ...pairs, ...change }, odd);
    expect(plan.soonestHours.p95).toBeNull();
    expect(plan.message).toContain(message);
  });
  test('needs more keys where fewer are mirrored, and never fewer than the shadow asks for', () => {
    const shadow = (sample: number) => ({ guards: { minAgreement: 0.9 }, shadow: { sample } });
    const [whole, quarter] = [1, 0.25].map(
      (sample) => planned('agreement', { margin: 0.02 }, shadow(sample)).needs.p95,
    );
    expect((quarter ?? NaN) / (whole ?? NaN)).toBeCloseTo(4, 1);
    const many = { guards: { minAgreement: 0.9 }, shadow: { minRequests: 5000 } };
    expect(planned('agreement', { margin: 0.02 }, many).needs.median).toBe(5000);
  });
});
