import { describe, expect, test } from 'vitest';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import { eventNonInferiorityTest } from '../../ml/sequential/event-non-inferiority.ts';
import { liveNonInferiorityEvidence } from '../../ml/sequential/live-loss.ts';
import { pairedNonInferiorityEvidence } from '../../ml/sequential/paired.ts';
import { planPromotion, type PromotionPlan } from '../../policy/release/plan/promotion.ts';
import { traffic } from './declared-traffic.ts';
import { metricOf, needed, planned, planOf } from './promotion-plan.ts';
import { withKnownLabels } from './known-labels.ts';

const policy = releasePolicySchema.parse(withKnownLabels());
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
    expect((labelsOf(plan).p95 ?? 0) / (labelsOf(planOf()).p95 ?? 1)).toBeCloseTo(1, 1);
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
  [{ deadline: '3m' }, { labelsPerHour: 0 }, 'never: no labels come; it goes back at the deadline of 3 min'],
  [{ shadow: { sample: 0 } }, {}, 'never: nothing is mirrored'],
  [{}, { keysPerHour: 0 }, 'never: too few keys come'],
  [{ minLabels: 0 }, { labelsPerHour: 0 }, 'soonest after 1.67 h of shadow and steps: the policy does not wait'],
  [{ guards: { rules: { accuracy: { missing: 'pass' } } } }, { labelsPerHour: 0 }, 'soonest after 1.67 h'],
  [{ mode: 'blueGreen' }, { labelsPerHour: 1e6 }, 'with 10 min of shadow and steps the soonest promotion'],
  [{ steps: [{ share: 0.1, pause: true }] }, { labelsPerHour: 1e6 }, 'and people at the pauses'],
])('says in words what is in the way: %j at %j', (change, odd, message) => {
  expect(planOf(change, odd).message).toContain(message);
});

describe('what is drawn key by key', () => {
  const steps = [{ share: 0.2, duration: '1h' }, 0.5];
  const shareAt = (key: number, anHour: number): number => (key < anHour ? 0.2 : 0.5);
  test('takes as many keys to prove a rate of errors as the plan says', () => {
    const margin = { ratio: 2, rate: 0.05 };
    const proof = eventNonInferiorityTest(margin);
    const keysPerHour = 1000;
    const play = (random: Random): number => {
      const cells = [0.2, 0.5].map((share) => ({ share, champion: 0, canary: 0 }));
      const events = cells.map((cell) => ({ ...cell }));
      for (let key = 0; ; key++) {
        const step = shareAt(key, keysPerHour) === 0.2 ? 0 : 1;
        const [all, of] = [cells[step], events[step]];
        if (all === undefined || of === undefined) throw new Error('there are two steps');
        const arm = random.next() < all.share ? 'canary' : 'champion';
        all[arm] += 1;
        if (random.next() < 0.04) of[arm] += 1;
        if (key % 10 === 0 && proof({ events, keys: cells }) >= 20) return key;
      }
    };
    const drawn = needed(60, play);
    const plan = planned('errors', margin, { steps }, { keysPerHour, errorRate: 0.04 });
    expect((plan.needs.median ?? 0) / (drawn[29] ?? 1)).toBeGreaterThan(0.75);
    expect((plan.needs.median ?? 0) / (drawn[29] ?? 1)).toBeLessThan(1.33);
    expect(plan.hours.median).toBeCloseTo(1 / 6 + (plan.needs.median ?? 0) / keysPerHour, 9);
  });
  test('takes as many labels of live requests as the plan says', () => {
    const limits = { least: 0.2, greatest: 0.95 };
    const labelsPerHour = 2000;
    const play = (random: Random): number => {
      const cells = [0.2, 0.5].flatMap((share) =>
        (['champion', 'canary'] as const).map((arm) => ({ share, arm, right: 0, wrong: 0, missing: 0 })),
      );
      for (let key = 0; ; key++) {
        const share = shareAt(key, labelsPerHour);
        const arm = random.next() < share ? 'canary' : 'champion';
        const cell = cells.find((one) => one.share === share && one.arm === arm);
        if (cell !== undefined) cell[random.next() < 0.1 ? 'wrong' : 'right'] += 1;
        if (key % 25 === 0 && liveNonInferiorityEvidence(cells, limits, 0.05) >= 20) return key;
      }
    };
    const drawn = needed(60, play);
    const plan = planned('liveAccuracy', { margin: 0.05 }, { steps }, { labelsPerHour });
    expect((plan.needs.median ?? 0) / (drawn[29] ?? 1)).toBeGreaterThan(0.75);
    expect((plan.needs.median ?? 0) / (drawn[29] ?? 1)).toBeLessThan(1.33);
    expect(plan.hours.median).toBeCloseTo(1 / 6 + 0.5 + (plan.needs.median ?? 0) / labelsPerHour, 9);
  });
});

describe('a required metric', () => {
  test('that takes longest says when the soonest promotion is', () => {
    const plan = planOf({ promotion: { metrics: { errors: { ratio: 1.2, rate: 0.001 } } } });
    expect(plan.metrics.map(({ metric }) => metric)).toEqual(['accuracy', 'errors']);
    expect(plan.soonestHours.p95).toBe(metricOf(plan, 'errors').hours.p95);
    expect(plan.message).toContain(', and ');
  });
  test('needs fewer keys the greater the harm is that it rules out', () => {
    const [little, much] = [1.25, 2].map((ratio) => planned('errors', { ratio, rate: 0.001 }).needs.p95 ?? NaN);
    expect(much).toBeLessThan(0.5 * (little ?? NaN));
    const [strict, lax] = [0.06, 0.12].map((margin) => planned('liveAccuracy', { margin }).needs.p95 ?? NaN);
    expect(lax).toBeLessThan(0.5 * (strict ?? NaN));
  });
  test('is proven by copies where all traffic moves at once, at half their sample by twice the keys', () => {
    const shadow = (sample: number) => ({ mode: 'blueGreen', shadow: { sample } });
    const [whole, half] = [1, 0.5].map((sample) => planned('errors', { ratio: 2, rate: 0.001 }, shadow(sample)));
    expect((half?.needs.p95 ?? NaN) / (whole?.needs.p95 ?? NaN)).toBeCloseTo(2, 1);
    expect(whole?.hours.p95).toBeCloseTo((whole?.needs.p95 ?? NaN) / traffic.keysPerHour, 9);
  });
  test('that waits for labels that never come is not proven', () => {
    const worst = planned('liveAccuracy', {}, { labels: { missing: 'worst' } });
    expect(worst.needs.p95).toBeNull();
    const plan = planOf({ promotion: { metrics: { liveAccuracy: {} } } }, { labelsPerHour: 0 });
    expect(plan.message).toContain('never: accuracy: no labels come; liveAccuracy: no labels come');
  });
  test('is not waited for where its guard lets missing evidence pass', () => {
    const plan = planOf({
      promotion: { metrics: { accuracy: null, errors: { ratio: 1.01, rate: 0.001 } } },
      guards: { rules: { errors: { missing: 'pass' } } },
    });
    expect(plan.soonestHours.p95).toBe(plan.phaseHours);
  });
  test('has no step of its own in a mode without one', () => {
    const plan = planned('liveAccuracy', {}, { mode: 'blueGreen' });
    expect(plan.never).toBe('the mode blueGreen has no step in which both versions answer');
  });
});

test.each(['shadow', 'ab'] as const)('the mode %s promotes nobody', (mode) => {
  expect(planPromotion({ ...policy, mode }, traffic)).toBeNull();
});

describe('the hours of phases', () => {
  const nothing = { minLabels: 0, minStepRequests: 0, promotion: { metrics: { accuracy: null } } };
  const hours = (change: object, keysPerHour: number) =>
    planOf({ ...nothing, ...change }, { keysPerHour, labelsPerHour: 0 }).phaseHours;
  const steps = { steps: [0.1, 0.5], stepDuration: '1h' };
  const shadow = { sample: 0.5, minRequests: 0, duration: '30m' };
  test('are those that they last where no requests are asked for, also without any key', () => {
    expect(hours({ ...steps, shadow }, 0)).toBe(2.5);
    expect(hours({ ...steps, shadow: { ...shadow, sample: 0 } }, 0)).toBe(2);
  });
  test('are longer where the fewest requests take longer, and endless where none come', () => {
    expect(hours({ ...steps, shadow: { ...shadow, minRequests: 100 } }, 100)).toBe(4);
    expect(hours({ ...steps, shadow, minStepRequests: 1 }, 5)).toBe(0.5 + 2 + 1);
    expect(hours({ ...steps, shadow, minStepRequests: 1 }, 0)).toBeNull();
  });
});

test('a promotion by labels says that none of it counts before their age is declared, and no other does', () => {
  const said = (metrics: object, maturity: number | null = null) =>
    planOf(
      {
        labels: { maturity, missing: 'worst' },
        promotion: { metrics: { accuracy: null, ...metrics } },
        shadow: { sample: 0 },
      },
      { labelsPerHour: 0 },
      2,
    ).message;
  const held = /; none of it counts before release\.labels\.maturity is declared$/;
  expect(said({ liveAccuracy: {} })).toMatch(held);
  expect(said({ liveAccuracy: {} }, 0)).not.toMatch(held);
  expect(said({ agreement: { margin: 0.1 } })).not.toMatch(held);
});
