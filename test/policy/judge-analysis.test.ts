import { describe, expect, test } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { guardRuleSchema, type GuardRule } from '../../contracts/release/guards-policy.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import type { AnalysisMoment } from '../../policy/release/judge-analysis.ts';
import { definition, troubles } from './definition.ts';
import { moment } from './moment.ts';
import { nothingSeen, seenWith } from './seen.ts';

const policy = {
  ...definition.release,
  shadow: { sample: 1, minRequests: 200, maxDropped: 0.05, duration: 1000 },
  stepDuration: 1000,
  minStepRequests: 100,
  minLabels: 500,
  bake: 2000,
};
const arm = (requests: number, errors = 0, slow = 0) => ({ requests, errors, slow, positives: 0, p50Ms: 1, p99Ms: 5 });
const split = (champion: number, canary: number, share = 0.25) => [{ share, champion, canary }];
const keys = (count: number, errors = { champion: 0, canary: 0 }, slow = { champion: 0, canary: 0 }) => ({
  keys: count,
  errors,
  slow,
});
const labelled = (counts: Omit<ReleaseObservation['paired'], 'missing' | 'dropped'>) => ({
  ...counts,
  missing: 0,
  dropped: 0,
});
const labels = labelled({ labels: 1500, championRight: 1200, canaryRight: 1245, worse: 60, better: 105 });
const healthy: ReleaseObservation = {
  ...nothingSeen,
  arms: { champion: arm(3000), canary: arm(1000) },
  stepRequests: 400,
  events: { key: split(300, 100), error: [], slow: [], positive: split(150, 50), negative: split(150, 50) },
  mirrored: { ...nothingSeen.mirrored, requests: 4000, agree: 3700 },
  mirroredKeys: keys(4000),
  paired: labels,
  mature: labels,
};
const last = moment('canary', { step: 2 });
const analysis = (seen: Partial<ReleaseObservation>, at: AnalysisMoment) =>
  judgeAnalysis(seenWith(healthy, seen), policy, at);

test('the guards, the gateways and all retries share out the whole alpha, and no more', () => {
  let spent = 0;
  for (let retry = 1; retry <= 2_000; retry++) spent += guardBudget(policy, retry).spent;
  expect(spent).toBeLessThanOrEqual(policy.alpha);
  expect(spent).toBeGreaterThan(0.999 * policy.alpha);
});

describe('a healthy canary', () => {
  test.each([moment('shadow'), moment('canary'), last, moment('bake')])('advances through $phase, step $step', (at) => {
    const { decision, verdict } = analysis({}, at);
    expect(troubles(verdict)).toEqual([]);
    expect(decision).toBe('advance');
  });
  test.each([moment('shadow'), moment('canary'), last, moment('bake')])(
    'is held in $phase until its time is over',
    (at) => {
      expect(analysis({}, { ...at, elapsedMs: 999 }).decision).toBe('hold');
    },
  );
});

describe('requests that one of the versions alone can take', () => {
  const misfits = (requests: number) => ({ misfits: { requests, uncounted: requests, missing: [] } });
  test.each([moment('shadow'), moment('canary'), last, moment('bake')])('hold in $phase where they are many', (at) => {
    const { decision, verdict } = analysis(misfits(300), at);
    expect(decision).toBe('hold');
    expect(troubles(verdict)).toEqual(['requests.misfit inconclusive']);
    expect(verdict.checks.find(({ name }) => name === 'requests.misfit')?.message).toBe(
      '300 of 4300 requests can be taken by one of the versions alone (6.977 %, at most 5 %): let callers send what both take; `pawl log find` shows why a request does not fit',
    );
  });
  test.each([moment('shadow'), moment('canary'), last, moment('bake')])(
    'are said in $phase where they are few',
    (at) => {
      const { decision, verdict } = analysis(misfits(100), at);
      expect(decision).toBe('advance');
      expect(verdict.checks.find(({ name }) => name === 'requests.misfit')?.status).toBe('pass');
    },
  );
  test('are counted against what was seen where nothing is mirrored', () => {
    const unmirrored = { ...policy, shadow: { ...policy.shadow, sample: 0 } };
    const { verdict } = judgeAnalysis({ ...healthy, ...misfits(300) }, unmirrored, moment('shadow'));
    expect(troubles(verdict)).toContain('requests.misfit inconclusive');
  });
});

describe('missing evidence holds', () => {
  test.each([moment('shadow'), moment('canary'), last])('nothing seen at all, in $phase, step $step', (at) => {
    const { decision, verdict } = judgeAnalysis(nothingSeen, policy, at);
    expect(verdict.status).toBe('inconclusive');
    expect(decision).toBe('hold');
  });
  test('too few mirrored requests in the shadow', () => {
    const { verdict } = analysis(
      { mirrored: { ...nothingSeen.mirrored, requests: 199, agree: 190 } },
      moment('shadow'),
    );
    expect(troubles(verdict)).toEqual(['shadow.requests inconclusive']);
  });
  test('too few requests in a step', () => {
    expect(troubles(analysis({ stepRequests: 99 }, moment('canary')).verdict)).toEqual([
      'canary.requests inconclusive',
    ]);
  });
  test('too few labels at the last step, and only there', () => {
    const paired = labelled({ labels: 499, championRight: 400, canaryRight: 440, worse: 5, better: 45 });
    expect(troubles(analysis({ paired }, last).verdict)).toEqual(['canary.labels inconclusive']);
    expect(analysis({ paired }, moment('canary')).decision).toBe('advance');
  });
  test('labels that leave a loss of two points possible', () => {
    const paired = labelled({ labels: 600, championRight: 490, canaryRight: 488, worse: 27, better: 25 });
    const { decision, verdict } = analysis({ paired }, last);
    expect(troubles(verdict)).toEqual(['canary.nonInferior inconclusive']);
    expect(decision).toBe('hold');
  });
});

describe('a guard that fires rolls back', () => {
  const worse = labelled({ labels: 1400, championRight: 1161, canaryRight: 1124, worse: 78, better: 41 });
  test.each<[string, Partial<ReleaseObservation>, AnalysisMoment]>([
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
    ['mirroredErrors', { mirroredKeys: keys(200, { champion: 0, canary: 15 }) }, moment('shadow')],
    ['mirroredSlow', { mirroredKeys: keys(200, undefined, { champion: 0, canary: 40 }) }, moment('shadow')],
    [
      'bakeErrors',
      {
        bake: [{ error: split(1, 440, 0.95), slow: [] }],
      },
      moment('bake'),
    ],
    [
      'bakeSlow',
      {
        arms: { champion: arm(3000, 0, 30), canary: arm(1000, 0, 120) },
        bake: [{ error: [], slow: split(0, 400, 0.95) }],
      },
      moment('bake'),
    ],
  ])('%s', (name, seen, at) => {
    const { guards, verdict, decision } = analysis(seen, at);
    expect(guards.filter((guard) => guard.fired).map((guard) => guard.name)).toEqual([name]);
    expect(troubles(verdict)).toContain(`guard.${name} fail`);
    expect(decision).toBe('rollback');
  });
});

describe('a bake without a holdback', () => {
  const alone = { ...policy, holdback: 0 };
  test('is judged by what the champion did, with half of the alpha for the bound on that', () => {
    const { guards } = judgeAnalysis(nothingSeen, alone, moment('bake'));
    expect(guards.find(({ name }) => name === 'bakeErrors')?.eValue).toBe(0.5);
  });
  const failing = { ...healthy, arms: { champion: arm(3000, 3), canary: arm(2000, 60) } };
  test('warns when the version fails more often than the champion ever did, and says that it is not a guarantee', () => {
    const { decision, verdict, guards } = judgeAnalysis(failing, alone, moment('bake'));
    expect([decision, verdict.status]).toEqual(['advance', 'warn']);
    expect(guards.find(({ name }) => name === 'bakeErrors')).toMatchObject({ fired: true, action: 'warn' });
    expect(verdict.checks.find(({ name }) => name === 'guard.bakeErrors')?.message).toContain(
      'as nothing is held back',
    );
  });
  test('does not warn where the version fails as the champion did', () => {
    const { verdict, guards } = judgeAnalysis(healthy, alone, moment('bake'));
    expect(guards.find(({ name }) => name === 'bakeErrors')).toMatchObject({ fired: false });
    expect(verdict.checks.find(({ name }) => name === 'guard.bakeErrors')?.status).toBe('pass');
  });
  test('spends no alpha on its past', () => {
    const shares = (of: typeof policy) => guardBudget(of, 1).shares.map(({ guard }) => guard);
    expect(shares(policy)).toEqual(expect.arrayContaining(['bakeErrors', 'bakeSlow']));
    expect(shares(alone).filter((guard) => guard.startsWith('bake'))).toEqual([]);
    expect(guardBudget(alone, 1).spent).toBeCloseTo(guardBudget(policy, 1).spent, 12);
  });
  test('is rolled back for it where a rule asks for that', () => {
    const rules = { bakeErrors: guardRuleSchema.parse({}) };
    const asked = { ...alone, guards: { ...alone.guards, rules } };
    expect(judgeAnalysis(failing, asked, moment('bake')).decision).toBe('rollback');
  });
});

describe('the rule of a guard', () => {
  const burning = { ...healthy, events: { ...healthy.events, error: split(4, 40) } };
  const ruled = (rule: Partial<GuardRule>) => ({
    ...policy,
    guards: { ...policy.guards, rules: { errors: guardRuleSchema.parse(rule) } },
  });
  test('may ask for a person, who may go on in spite of it', () => {
    const pausing = ruled({ action: 'pause' });
    expect(judgeAnalysis(burning, pausing, moment('canary')).decision).toBe('pause');
    const acknowledged = judgeAnalysis(burning, pausing, moment('canary', { acknowledged: ['errors'] }));
    expect(acknowledged.decision).toBe('advance');
    expect(acknowledged.verdict.status).toBe('warn');
  });
  test('may only warn', () => {
    const { decision, verdict } = judgeAnalysis(burning, ruled({ action: 'warn' }), moment('canary'));
    expect([decision, verdict.status]).toEqual(['advance', 'warn']);
  });
  test('may give it no alpha, so that it never fires', () => {
    expect(judgeAnalysis(burning, ruled({ weight: 0 }), moment('canary')).decision).toBe('advance');
  });
  test.each([
    ['hold', 10_000, 'hold'],
    ['pass', 10_000, 'advance'],
    ['rollback', 10, 'hold'],
    ['rollback', 10_000, 'rollback'],
  ] as const)('says what too few requests do: %s after %d ms is %s', (missing, elapsedMs, decision) => {
    const seen = { ...healthy, stepRequests: 1 };
    expect(judgeAnalysis(seen, ruled({ missing }), moment('canary', { elapsedMs })).decision).toBe(decision);
  });
});

describe('a hotfix', () => {
  const burnt = { ...healthy, arms: { champion: arm(3000, 2900), canary: arm(1000) } };
  const hot = { hotfix: true, elapsedMs: 60_000 };
  test('is compared with nothing: no shadow, no labels', () => {
    expect(judgeAnalysis({ ...nothingSeen, stepRequests: 100 }, policy, { ...last, ...hot }).decision).toBe('advance');
    expect(judgeAnalysis(burnt, policy, moment('shadow', hot)).decision).toBe('advance');
  });
  test('is rolled back by limits of its own', () => {
    const seen = { ...burnt, events: { ...healthy.events, error: split(900, 30) } };
    expect(judgeAnalysis(seen, policy, moment('canary', hot)).decision).toBe('rollback');
  });
});

describe('what is not held against a canary', () => {
  test.each<[string, Partial<ReleaseObservation>, AnalysisMoment]>([
    ['an outage of both arms', { events: { ...healthy.events, error: split(900, 300) } }, moment('canary')],
    [
      'few slow answers, at any ratio',
      { arms: { champion: arm(3000), canary: arm(1000, 0, 9) }, events: { ...healthy.events, slow: split(0, 9) } },
      moment('canary'),
    ],
    [
      'errors of the copies while the champion fails as often',
      {
        arms: { champion: arm(3000, 30), canary: arm(0) },
        mirroredKeys: keys(3000, { champion: 30, canary: 32 }),
      },
      moment('shadow'),
    ],
    [
      'a positive prediction more often, within the tolerated ratio',
      { events: { ...healthy.events, positive: split(300, 130) } },
      moment('canary'),
    ],
  ])('%s', (_, seen, at) => {
    const { decision, verdict } = analysis(seen, at);
    expect(troubles(verdict)).toEqual([]);
    expect(decision).toBe('advance');
  });
});

describe('copies that nobody answered', () => {
  const dropping = (dropped: number, part: number) => ({
    mirrored: { ...healthy.mirrored, dropped: Math.round((4000 * part) / (1 - part)) },
    paired: { ...healthy.paired, dropped },
  });
  test('hold the release where they are too many, in the shadow and in each step', () => {
    for (const at of [moment('shadow'), moment('canary'), last]) {
      expect(troubles(analysis(dropping(0, 0.049), at).verdict)).toEqual([]);
      const { verdict, decision } = analysis(dropping(0, 0.06), at);
      expect(decision).toBe('hold');
      expect(troubles(verdict)).toEqual(['shadow.dropped inconclusive']);
    }
    expect(analysis(dropping(0, 0.06), moment('bake')).decision).toBe('advance');
  });
  test('count as losses against promotion, each key once', () => {
    expect(troubles(analysis(dropping(20, 0.01), last).verdict)).toEqual([]);
    expect(troubles(analysis(dropping(60, 0.01), last).verdict)).toEqual(['canary.nonInferior inconclusive']);
  });
  test('count as gains against a guard', () => {
    const paired = labelled({ labels: 1000, championRight: 820, canaryRight: 760, worse: 90, better: 30 });
    expect(analysis({ paired }, moment('canary')).decision).toBe('rollback');
    expect(analysis({ paired: { ...paired, dropped: 50 } }, moment('canary')).decision).not.toBe('rollback');
  });
});

describe('a first version, with no champion beside it', () => {
  const alone = { hasChampion: false, elapsedMs: 0 };
  test('passes through shadow and canary at once, and bakes for its time', () => {
    expect(judgeAnalysis(nothingSeen, policy, moment('shadow', alone)).decision).toBe('advance');
    expect(judgeAnalysis(nothingSeen, policy, moment('canary', alone)).decision).toBe('advance');
    expect(judgeAnalysis(nothingSeen, policy, moment('bake', alone)).decision).toBe('hold');
    expect(judgeAnalysis(nothingSeen, policy, moment('bake', { ...alone, elapsedMs: 2000 })).decision).toBe('advance');
  });
  test('is taken back when it fails on many requests', () => {
    const seen = { ...nothingSeen, arms: { champion: arm(0), canary: arm(100, 30) } };
    expect(judgeAnalysis(seen, policy, moment('bake', alone)).decision).toBe('rollback');
  });
});

test('without mirroring the shadow has nothing to wait for, and labels are not asked for when none are wanted', () => {
  const unmirrored = { ...policy, shadow: { ...policy.shadow, sample: 0 }, minLabels: 0 };
  expect(judgeAnalysis(nothingSeen, unmirrored, moment('shadow', { elapsedMs: 0 })).decision).toBe('advance');
  expect(judgeAnalysis({ ...nothingSeen, stepRequests: 100 }, unmirrored, last).decision).toBe('advance');
});
