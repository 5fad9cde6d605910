import { describe, expect, test } from 'vitest';
import { createRandom } from '../../ml/random.ts';
import { eventRateTest } from '../../ml/sequential/event-rate.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { bakeEvidence } from '../../policy/release/bake-starts.ts';
import { guardBudget, guardsInForce } from '../../policy/release/guards-in-force.ts';
import { planRelease } from '../../policy/release/plan/release.ts';
import type { DeclaredTraffic, PlanOptions } from '../../policy/release/plan/setting.ts';
import { traffic } from './declared-traffic.ts';
import { definition } from './definition.ts';

const policy = definition.release;
const quick: PlanOptions = { repeats: 100 };

/** The row of one guard that has the whole alpha. */
const rowOf = (guard: string, odd: Partial<DeclaredTraffic> = {}, release = policy, options: PlanOptions = {}) => {
  const [row, ...others] = planRelease(
    release,
    { ...traffic, ...odd },
    { ...quick, ...options, budget: { guards: [guard] } },
  );
  if (row === undefined || others.length > 0) throw new Error(`one row was expected of ${guard}`);
  return row;
};

test('each guard of the policy has its row, with its part of alpha', () => {
  const rows = planRelease(policy, traffic, quick);
  expect(rows.map(({ guard }) => guard).toSorted()).toEqual(guardsInForce(policy).toSorted());
  for (const { guard, alpha, canFire, finds, effect, power, withinHours, needs } of rows) {
    expect(alpha).toBe(alphaOf(guardBudget(policy, 1), guard));
    expect([guard, canFire]).toEqual([guard, finds !== null]);
    if (power > 0.97) expect(finds).toBeLessThan(effect.value * 1.05);
    if (needs.hours !== null && needs.hours < withinHours) expect(power).toBeGreaterThanOrEqual(0.95);
  }
  expect(planRelease(policy, traffic, quick)).toEqual(rows);
});

describe('the row of the guard of live labels', () => {
  const asked = { ...policy, guards: { ...policy.guards, liveAccuracyLoss: 0.01 } };
  test('is there where its limit is set, and says by how many labels after the shadow it finds a loss', () => {
    const row = rowOf('liveAccuracy', { labelsPerHour: 36_000 }, asked, { drop: 0.1, repeats: 50 });
    expect(row).toMatchObject({ effect: { kind: 'drop', value: 0.11 }, canFire: true });
    expect(row.needs.hours).toBeCloseTo(1 / 6 + 0.5 + (row.needs.labels ?? 0) / 36_000, 3);
    expect(row.finds).toBeLessThan(0.1);
    expect(row.power).toBeGreaterThan(0.95);
  });
  test('needs labels, and a step in which both versions answer', () => {
    expect(rowOf('liveAccuracy', { labelsPerHour: 0 }, asked).message).toBe('can never fire: no labels come');
    expect(rowOf('liveAccuracy', {}, { ...asked, mode: 'blueGreen' }).message).toContain('has no step in which both');
  });
});

test('labels of mirrored requests come by the sample, after their delay; what is asked about by default is a loss of 2 points, odds of 1.2', () => {
  const release = { ...policy, shadow: { ...policy.shadow, sample: 0.5 } };
  const row = rowOf('accuracy', {}, release, { drop: 0.1, repeats: 20 });
  expect(row.needs.labels).toBeGreaterThan(0);
  expect(row.needs.hours).toBeCloseTo(0.5 + (row.needs.labels ?? 0) / (3600 * 0.5), 3);
  expect(rowOf('accuracy', {}, release, { repeats: 2 }).effect).toEqual({ kind: 'drop', value: 0.02 });
  expect(rowOf('sampleRatio', {}, release, { repeats: 2 }).effect).toEqual({ kind: 'odds', value: 1.2 });
});

describe('the row of a guard', () => {
  test('says how many keys and hours, in which step, and the smallest effect', () => {
    const row = rowOf('errors');
    expect(row).toMatchObject({ effect: { kind: 'ratio', value: 2 }, withinHours: 1.5, canFire: true });
    expect(row.needs.labels).toBeNull();
    expect(row.needs.hours).toBeCloseTo((row.needs.keys ?? 0) / traffic.keysPerHour, 3);
    expect(row.withinStep).toBe(1 + Math.floor((row.needs.hours ?? 0) / 0.5));
    expect(row.medianHours).toBeLessThan(row.needs.hours ?? 0);
    expect(row.finds).toBeLessThan(2);
    expect(row.message).toMatch(
      /^finds a rate 2 times the champion's after at most \d+ keys \(.* min, in step \d\) in 95 of 100/,
    );
  });
  test('counts labels from the shadow on, late by their delay, and only those that are mirrored', () => {
    const half = { ...policy, shadow: { ...policy.shadow, sample: 0.5 } };
    const [row, halved] = [rowOf('accuracy'), rowOf('accuracy', {}, half)];
    expect(row.needs.hours).toBeCloseTo(0.5 + (row.needs.labels ?? 0) / 3600, 3);
    expect((halved.needs.labels ?? 0) / (row.needs.labels ?? 1)).toBeCloseTo(1, 2);
    expect(halved.needs.hours).toBeCloseTo(0.5 + (halved.needs.labels ?? 0) / 1800, 3);
    expect(row.withinStep).toBe(1 + Math.floor(((row.needs.hours ?? 0) - 1 / 6) / 0.5));
    expect(halved.finds).toBeGreaterThan(row.finds ?? 1);
  });
  test('says what a guard would take that has too little time', () => {
    const row = rowOf('errors', { keysPerHour: 600 });
    expect(row).toMatchObject({ withinStep: null, canFire: true });
    expect(row.needs.hours).toBeGreaterThan(row.withinHours);
    expect(row.message).toMatch(
      /^the smallest effect .* in \d+ of 100 releases, it would take \d+ keys \(.* h\) in 95 of 100$/,
    );
  });
  test('of a bake depends on the holdback', () => {
    const [small, large] = [0.05, 0.2].map((holdback) => rowOf('bakeErrors', {}, policy, { holdback }));
    expect(small?.needs.hours).toBeGreaterThan(2 * (large?.needs.hours ?? Infinity));
  });
  test('agrees with copies of requests that are drawn one by one', () => {
    const row = rowOf(
      'mirroredErrors',
      {},
      { ...policy, mode: 'shadow', shadow: { ...policy.shadow, sample: 0.5 } },
      { repeats: 1000, ratio: 1.8 },
    );
    const evidence = eventRateTest(1);
    const repeats = 250;
    let found = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = createRandom(repeat, 3);
      const counts = { share: 0.5, champion: 0, canary: 0 };
      let fired = false;
      for (let request = 0; request < 6000 && !fired; request++) {
        if (random.next() < 0.5) {
          if (random.next() < 0.01) counts.champion++;
          if (random.next() < 0.018) counts.canary++;
        }
        if (request % 20 === 19) fired = evidence([counts]) >= 1 / row.alpha;
      }
      if (fired) found += 1;
    }
    const direct = found / repeats;
    const error = Math.sqrt(direct * (1 - direct) * (1 / repeats + 1 / 1000));
    expect(Math.abs(row.power - direct)).toBeLessThan(3 * error);
    expect(direct).toBeLessThan(0.9);
    expect(direct).toBeGreaterThan(0.2);
  });
});

describe('a guard can never fire', () => {
  test.each([
    [
      'errors',
      'at next to no traffic',
      { keysPerHour: 10 },
      'at this traffic it finds no effect within its 1.5 h, it would take',
    ],
    ['errors', 'without traffic', { keysPerHour: 0 }, 'at this traffic it finds no effect'],
    ['negatives', 'when the rate has no room', {}, 'a rate of 0.7 cannot rise above 1.5 times itself'],
    [
      'accuracy',
      'when labels come after the ramp',
      { labelDelayHours: 24 },
      'at this traffic it finds no effect within its 1.67 h',
    ],
    ['sampleRatio', 'with a handful of keys', { keysPerHour: 5 }, 'at this traffic it finds no effect'],
    [
      'bakeErrors',
      'when a bake sees no events',
      { errorRate: 1e-7 },
      'at this traffic it finds no effect within its 1 h',
    ],
  ])('%s %s', (guard, _, odd, message) => {
    const row = rowOf(guard, odd);
    expect(row).toMatchObject({ canFire: false, finds: null, power: 0 });
    expect(row.message).toContain(`can never fire: ${message}`);
  });
  test.each(['accuracy', 'mirroredErrors', 'mirroredSlow'])('%s when nothing is mirrored', (guard) => {
    const row = rowOf(guard, {}, { ...policy, shadow: { ...policy.shadow, sample: 0 } });
    expect(row).toMatchObject({ canFire: false, message: 'can never fire: nothing is mirrored' });
  });
  test.each([
    ['errors', { mode: 'blueGreen' }, 'the mode blueGreen has no step in which both versions answer'],
    ['sampleRatio', { mode: 'shadow' }, 'the mode shadow has no step in which both versions answer'],
    ['bakeErrors', { mode: 'ab' }, 'the mode ab has no bake'],
    ['bakeSlow', { holdback: 0 }, 'nothing is held back'],
  ] as const)('%s by the policy %j', (guard, change, why) => {
    const row = rowOf(guard, {}, { ...policy, ...change });
    expect(row).toMatchObject({ canFire: false, finds: null, message: `can never fire: ${why}` });
  });
  test('when so few are slow that it is borne', () => {
    const row = rowOf('slow', { slowRate: 0.0004 });
    expect(row).toMatchObject({ canFire: false, power: 0 });
    expect(rowOf('slow', { slowRate: 0.001 }).finds).toBeGreaterThanOrEqual(10);
  });
  test('when it was given no alpha', () => {
    const budget = { guards: ['errors', 'slow'], weights: { slow: 0 } };
    const [, slow] = planRelease(policy, traffic, { ...quick, budget });
    expect(slow).toMatchObject({ guard: 'slow', canFire: false, message: 'can never fire: it was given no alpha' });
  });
});

describe('the row of a guard of probabilities', () => {
  const scoreBand = { from: 0.4, to: 0.6, ratio: 1.5 };
  const asked = { ...policy, guards: { ...policy.guards, scoreBand, outOfRangeRatio: 1 } };
  test('is that of any event, by the rate of keys in the band', () => {
    const band = rowOf('scoreBand', { bandRate: 0.02 }, asked);
    expect(band).toEqual({ ...rowOf('slow', { slowRate: 0.02 }, asked), guard: 'scoreBand' });
    expect(rowOf('scoreBand', { bandRate: 0.2 }, asked).needs.keys).toBeLessThan(band.needs.keys ?? 0);
  });
  test('asks by the rate of the canary where the champion has none, as a simulation of each key finds', () => {
    const rate = 0.001;
    const row = rowOf('outOfRange', { keysPerHour: 12_000 }, asked, { rate, repeats: 1000 });
    expect(row.effect).toEqual({ kind: 'rate', value: rate });
    expect(row.message).toContain('a rate of 0.1 % where the champion has none');
    const evidence = eventRateTest(1);
    const repeats = 200;
    let found = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = createRandom(repeat, 4);
      const counts = policy.steps.map(({ share }) => ({ share, champion: 0, canary: 0 }));
      let fired = false;
      for (let key = 0; key < 18_000 && !fired; key++) {
        const step = counts[Math.floor(key / 6000)];
        if (step === undefined || random.next() >= step.share * rate) continue;
        step.canary += 1;
        fired = evidence(counts) >= 1 / row.alpha;
      }
      if (fired) found += 1;
    }
    const direct = found / repeats;
    const error = Math.sqrt(direct * (1 - direct) * (1 / repeats + 1 / 1000));
    expect(Math.abs(row.power - direct)).toBeLessThan(3 * error);
    expect(direct).toBeGreaterThan(0.1);
    expect(direct).toBeLessThan(0.9);
  });
  test('asks a bake in the same way, as a simulation of each event finds', () => {
    const rate = 0.0112;
    const row = rowOf('bakeErrors', { errorRate: 0, keysPerHour: 12_000 }, policy, { rate, repeats: 1000 });
    const share = 1 - policy.holdback;
    const repeats = 400;
    let found = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = createRandom(repeat, 5);
      let canary = 0;
      for (let key = 0; key < 12_000; key++) if (random.next() < share * rate) canary += 1;
      if (bakeEvidence([[{ share, champion: 0, canary }]], policy.guards.errorRatio) >= 1 / row.alpha) found += 1;
    }
    const direct = found / repeats;
    const error = Math.sqrt(direct * (1 - direct) * (1 / repeats + 1 / 1000));
    expect(Math.abs(row.power - direct)).toBeLessThan(3 * error);
    expect(direct).toBeGreaterThan(0.1);
    expect(direct).toBeLessThan(0.9);
  });
  test('holds of errors too that the champion has none of, and of slow answers once they are too many', () => {
    expect(rowOf('errors', { errorRate: 0 }).finds).toBeLessThan(0.01);
    expect(rowOf('slow', { slowRate: 0 })).toMatchObject({ finds: 0.01, effect: { kind: 'rate', value: 0.02 } });
    expect(rowOf('bakeSlow', { slowRate: 0 })).toMatchObject({ finds: 0.01, effect: { kind: 'rate', value: 0.02 } });
  });
});

test('a bake that is compared with its past is not simulated', () => {
  const guards = planRelease({ ...policy, holdback: 0 }, traffic, quick).map(({ guard }) => guard);
  expect(guards).not.toContain('bakeErrors');
});

test('a plan survives JSON', () => {
  const rows = planRelease(policy, { ...traffic, keysPerHour: 0 }, quick);
  expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
});
