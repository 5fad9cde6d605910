import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release-policy.ts';
import { createRandom } from '../../ml/random.ts';
import { pairedNonInferiorityEvidence } from '../../ml/sequential/paired.ts';
import type { MetricPlan } from '../../policy/plan-metric.ts';
import { planPromotion, type PromotionPlan } from '../../policy/plan-promotion.ts';
import type { DeclaredTraffic } from '../../policy/plan-setting.ts';

const policy = releasePolicySchema.parse({});
const traffic: DeclaredTraffic = {
  keysPerHour: 36_000,
  labelsPerHour: 3600,
  labelDelayHours: 0.5,
  errorRate: 0.01,
  slowRate: 0.02,
  positiveRate: 0.3,
  discordantShare: 0.05,
  wrongRate: 0.1,
};
const planOf = (change: Record<string, unknown> = {}, odd: Partial<DeclaredTraffic> = {}) => {
  const plan = planPromotion(releasePolicySchema.parse(change), { ...traffic, ...odd }, { repeats: 200 });
  if (plan === null) throw new Error('this mode promotes');
  return plan;
};
const metricOf = (plan: PromotionPlan, name: string): MetricPlan => {
  const found = plan.metrics.find(({ metric }) => metric === name);
  if (found === undefined) throw new Error(`${name} is not required`);
  return found;
};
const labelsOf = (plan: PromotionPlan) => metricOf(plan, 'accuracy').needs;

test('says how many labels a harmless candidate needs, as releases drawn label by label do', () => {
  const plan = planOf({ minLabels: 1 });
  const [labels, margin] = [labelsOf(plan), metricOf(plan, 'accuracy').effect?.value ?? NaN];
  const needed = Array.from({ length: 100 }, (_, repeat) => {
    const random = createRandom(repeat, 5);
    const counts = { labels: 0, worse: 0, better: 0 };
    while (counts.labels % 10 !== 0 || pairedNonInferiorityEvidence(counts, margin) < 1 / plan.alpha) {
      counts.labels += 1;
      const draw = random.next();
      if (draw < 0.025) counts.worse += 1;
      else if (draw < 0.05) counts.better += 1;
    }
    return counts.labels;
  }).toSorted((a, b) => a - b);
  expect((labels.median ?? 0) / (needed[49] ?? 1)).toBeGreaterThan(0.8);
  expect((labels.median ?? 0) / (needed[49] ?? 1)).toBeLessThan(1.25);
  expect((labels.p95 ?? 0) / (needed[94] ?? 1)).toBeGreaterThan(0.7);
  expect((labels.p95 ?? 0) / (needed[94] ?? 1)).toBeLessThan(1.4);
});

describe('the soonest hour', () => {
  test('is that of shadow and steps where labels are plenty, and never fewer than the policy asks for', () => {
    const plan = planOf({}, { labelsPerHour: 1e6 });
    expect(plan.soonestHours.p95).toBeCloseTo(1 / 6 + 1.5, 9);
    expect(plan).toMatchObject({ withinDeadline: true, deadlineHours: 24, alpha: 0.05 });
    expect(metricOf(plan, 'accuracy')).toMatchObject({ effect: { kind: 'drop', value: 0.02 }, isAwaited: true });
    expect(labelsOf(planOf({ minLabels: 50_000 })).p95).toBe(50_000);
  });
  test('is that of the labels and their delay where they are few', () => {
    const plan = planOf({}, { labelsPerHour: 100, labelDelayHours: 3 });
    expect(plan.soonestHours.p95).toBeCloseTo(3 + (labelsOf(plan).p95 ?? 0) / 100, 9);
    expect(labelsOf(plan)).toEqual(labelsOf(planOf()));
    const mature = planOf({ labels: { maturity: '6h' } }, { labelsPerHour: 100, labelDelayHours: 3 });
    expect(mature.soonestHours.p95).toBeCloseTo((plan.soonestHours.p95 ?? 0) + 3, 0);
    const sampled = planOf({ shadow: { sample: 0.5 } }, { labelsPerHour: 200, labelDelayHours: 3 });
    expect(sampled.soonestHours.p95).toBeCloseTo(plan.soonestHours.p95 ?? 0, 0);
  });
  test('waits for the fewest requests of each step', () => {
    const plan = planOf({}, { keysPerHour: 1000, labelsPerHour: 1e6 });
    expect(plan.phaseHours).toBeCloseTo(1 / 6 + 2 + 0.5 + 0.5, 9);
  });
  test('may be after the deadline', () => {
    const plan = planOf({ deadline: '2h' }, { labelDelayHours: 3 });
    expect(plan.withinDeadline).toBe(false);
    expect(plan.message).toContain('after the deadline of 2 h: it would go back before');
  });
});

describe('labels that never come', () => {
  test('cost time when left out, and more when each counts as a loss', () => {
    const random = planOf({}, { labelsPerHour: 35_820 });
    const worst = planOf({ labels: { missing: 'worst' } }, { labelsPerHour: 35_820 });
    expect(labelsOf(worst).p95).toBeGreaterThan(1.2 * (labelsOf(random).p95 ?? 0));
  });
  test('make promotion impossible where they are as many as the margin', () => {
    const plan = planOf({ labels: { missing: 'worst' } });
    expect(labelsOf(plan).p95).toBeNull();
    expect(plan).toMatchObject({ soonestHours: { p95: null }, withinDeadline: false });
    expect(plan.message).toContain('never: labels that do not come count as losses, and 90 % do not');
  });
});

test.each([
  [{}, { labelsPerHour: 0 }, 'never: no labels come; it goes back at the deadline of 24 h'],
  [{ shadow: { sample: 0 } }, {}, 'never: nothing is mirrored'],
  [{}, { keysPerHour: 0 }, 'never: too few keys come'],
  [{ minLabels: 0 }, { labelsPerHour: 0 }, 'soonest after 1.667 h of shadow and steps: the policy does not wait'],
  [{ guards: { rules: { accuracy: { missing: 'pass' } } } }, { labelsPerHour: 0 }, 'soonest after 1.667 h'],
  [{ mode: 'blueGreen' }, { labelsPerHour: 1e6 }, 'with 0.1667 h of shadow and steps the soonest promotion'],
  [{ steps: [{ share: 0.1, pause: true }] }, { labelsPerHour: 1e6 }, 'and people at the pauses'],
])('says in words what stands in the way: %j at %j', (change, odd, message) => {
  expect(planOf(change, odd).message).toContain(message);
});

test.each(['shadow', 'ab'] as const)('the mode %s promotes nobody', (mode) => {
  expect(planPromotion({ ...policy, mode }, traffic)).toBeNull();
});
