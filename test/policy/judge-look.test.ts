import { describe, expect, test } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { guardWeights } from '../../policy/guards.ts';
import { judgeLook } from '../../policy/judge-look.ts';
import type { LookMoment } from '../../policy/judge-look.ts';
import { definition, troubles } from './definition.ts';

const policy = {
  ...definition.release,
  shadow: { sample: 1, minRequests: 200, duration: 1000 },
  stepDuration: 1000,
  minStepRequests: 100,
  minLabels: 500,
  bake: 2000,
};
const arm = (requests: number, errors = 0, slow = 0) => ({ requests, errors, slow, positives: 0, p50Ms: 1, p99Ms: 5 });
const split = (champion: number, canary: number, share = 0.25) => [{ share, champion, canary }];
const healthy: ReleaseObservation = {
  arms: { champion: arm(3000), canary: arm(1000) },
  stepRequests: 400,
  events: { key: split(300, 100), error: [], slow: [], positive: split(150, 50), negative: split(150, 50) },
  mirrored: { requests: 4000, errors: 0, slow: 0, agree: 3700 },
  paired: { labels: 1500, championRight: 1200, canaryRight: 1245, worse: 60, better: 105 },
  instances: [],
};
const empty: ReleaseObservation = {
  arms: { champion: arm(0), canary: arm(0) },
  stepRequests: 0,
  events: { key: [], error: [], slow: [], positive: [], negative: [] },
  mirrored: { requests: 0, errors: 0, slow: 0, agree: 0 },
  paired: { labels: 0, championRight: 0, canaryRight: 0, worse: 0, better: 0 },
  instances: [],
};
const moment = (phase: LookMoment['phase'], more: Partial<LookMoment> = {}): LookMoment => ({
  phase,
  elapsedMs: 10_000,
  step: 0,
  steps: 3,
  hasChampion: true,
  ...more,
});
const last = moment('canary', { step: 2 });
const look = (seen: Partial<ReleaseObservation>, at: LookMoment) => judgeLook({ ...healthy, ...seen }, policy, at);

test('the guards share out the whole alpha, and no more', () => {
  expect(Object.values(guardWeights).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
});

describe('a healthy canary', () => {
  test.each([moment('shadow'), moment('canary'), last, moment('bake')])('advances through $phase, step $step', (at) => {
    const { decision, verdict } = look({}, at);
    expect(troubles(verdict)).toEqual([]);
    expect(decision).toBe('advance');
  });
  test.each([moment('shadow'), moment('canary'), last, moment('bake')])(
    'is held in $phase until its time is over',
    (at) => {
      expect(look({}, { ...at, elapsedMs: 999 }).decision).toBe('hold');
    },
  );
});

describe('missing evidence holds', () => {
  test.each([moment('shadow'), moment('canary'), last])('nothing seen at all, in $phase, step $step', (at) => {
    const { decision, verdict } = judgeLook(empty, policy, at);
    expect(verdict.status).toBe('inconclusive');
    expect(decision).toBe('hold');
  });
  test('too few mirrored requests in the shadow', () => {
    const { verdict } = look({ mirrored: { requests: 199, errors: 0, slow: 0, agree: 190 } }, moment('shadow'));
    expect(troubles(verdict)).toEqual(['shadow.requests inconclusive']);
  });
  test('too few requests in a step', () => {
    expect(troubles(look({ stepRequests: 99 }, moment('canary')).verdict)).toEqual(['canary.requests inconclusive']);
  });
  test('too few labels at the last step, and only there', () => {
    const paired = { labels: 499, championRight: 400, canaryRight: 440, worse: 5, better: 45 };
    expect(troubles(look({ paired }, last).verdict)).toEqual(['canary.labels inconclusive']);
    expect(look({ paired }, moment('canary')).decision).toBe('advance');
  });
  test('labels that leave a loss of two points possible', () => {
    const paired = { labels: 600, championRight: 490, canaryRight: 488, worse: 27, better: 25 };
    const { decision, verdict } = look({ paired }, last);
    expect(troubles(verdict)).toEqual(['canary.nonInferior inconclusive']);
    expect(decision).toBe('hold');
  });
});

describe('a guard that convicts rolls back', () => {
  const worse = { labels: 1400, championRight: 1161, canaryRight: 1124, worse: 78, better: 41 };
  test.each<[string, Partial<ReleaseObservation>, LookMoment]>([
    ['accuracy', { paired: worse }, last],
    ['accuracy', { paired: worse }, moment('bake', { elapsedMs: 0 })],
    ['errors', { events: { ...healthy.events, error: split(4, 12) } }, moment('canary')],
    [
      'slow',
      {
        arms: { champion: arm(3000, 0, 30), canary: arm(1000, 0, 120) },
        events: { ...healthy.events, slow: split(30, 60) },
      },
      moment('canary'),
    ],
    ['positives', { events: { ...healthy.events, positive: split(100, 150) } }, moment('canary')],
    ['negatives', { events: { ...healthy.events, negative: split(100, 150) } }, moment('canary')],
    ['sampleRatio', { events: { ...healthy.events, key: split(100, 150) } }, moment('canary')],
    ['mirroredErrors', { mirrored: { requests: 200, errors: 15, slow: 0, agree: 100 } }, moment('shadow')],
    ['mirroredSlow', { mirrored: { requests: 200, errors: 0, slow: 40, agree: 100 } }, moment('shadow')],
    ['bakeErrors', { arms: { champion: arm(3000, 3), canary: arm(2000, 40) } }, moment('bake')],
  ])('%s', (name, seen, at) => {
    const { guards, verdict, decision } = look(seen, at);
    expect(guards.filter((guard) => guard.convicted).map((guard) => guard.name)).toEqual([name]);
    expect(troubles(verdict)).toContain(`guard.${name} fail`);
    expect(decision).toBe('rollback');
  });
});

test('in the bake half of the alpha is kept for the bound on what the champion did', () => {
  const { guards } = judgeLook(empty, policy, moment('bake'));
  expect(guards.find(({ name }) => name === 'bakeErrors')?.eValue).toBe(0.5);
});

describe('what is not held against a canary', () => {
  test.each<[string, Partial<ReleaseObservation>, LookMoment]>([
    ['an outage of both arms', { events: { ...healthy.events, error: split(900, 300) } }, moment('canary')],
    [
      'few slow answers, whatever the ratio',
      { arms: { champion: arm(3000), canary: arm(1000, 0, 9) }, events: { ...healthy.events, slow: split(0, 9) } },
      moment('canary'),
    ],
    [
      'errors of the copies while the champion fails as often',
      {
        arms: { champion: arm(3000, 30), canary: arm(0) },
        mirrored: { requests: 3000, errors: 30, slow: 0, agree: 2900 },
      },
      moment('shadow'),
    ],
    [
      'a positive prediction more often, within the tolerated ratio',
      { events: { ...healthy.events, positive: split(300, 130) } },
      moment('canary'),
    ],
  ])('%s', (_, seen, at) => {
    const { decision, verdict } = look(seen, at);
    expect(troubles(verdict)).toEqual([]);
    expect(decision).toBe('advance');
  });
});

describe('a first version, with no champion beside it', () => {
  const alone = { hasChampion: false, elapsedMs: 0 };
  test('passes through shadow and canary at once, and bakes for its time', () => {
    expect(judgeLook(empty, policy, moment('shadow', alone)).decision).toBe('advance');
    expect(judgeLook(empty, policy, moment('canary', alone)).decision).toBe('advance');
    expect(judgeLook(empty, policy, moment('bake', alone)).decision).toBe('hold');
    expect(judgeLook(empty, policy, moment('bake', { ...alone, elapsedMs: 2000 })).decision).toBe('advance');
  });
  test('is taken back when it fails on many requests', () => {
    const seen = { ...empty, arms: { champion: arm(0), canary: arm(100, 30) } };
    expect(judgeLook(seen, policy, moment('bake', alone)).decision).toBe('rollback');
  });
});

test('without mirroring the shadow has nothing to wait for, and labels are not asked for when none are wanted', () => {
  const unmirrored = { ...policy, shadow: { ...policy.shadow, sample: 0 }, minLabels: 0 };
  expect(judgeLook(empty, unmirrored, moment('shadow', { elapsedMs: 0 })).decision).toBe('advance');
  expect(judgeLook({ ...empty, stepRequests: 100 }, unmirrored, last).decision).toBe('advance');
});
