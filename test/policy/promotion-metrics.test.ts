import { describe, expect, test } from 'vitest';
import {
  analysisEvidenceSchema,
  type LabelledKeys,
  type ReleaseObservation,
} from '../../contracts/evidence/release.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget, guardsInForce } from '../../policy/release/guards-in-force.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import type { AnalysisMoment } from '../../policy/release/judge-analysis.ts';
import { answersToRead } from '../../policy/release/what-to-count/answers.ts';
import { shareLimits } from '../../policy/release/guards/share-limits.ts';
import { troubles } from './definition.ts';
import { last, policyOf, quiet } from './groups.ts';
import { withKnownLabels } from './known-labels.ts';
import { seenWith } from './seen.ts';

/** A look at the last step under a policy that requires just these metrics. */
const analysis = (
  metrics: object,
  seen: Partial<ReleaseObservation> = {},
  more: object = {},
  at: AnalysisMoment = last,
) =>
  judgeAnalysis(
    seenWith(quiet, seen),
    policyOf({}, { promotion: { metrics: { accuracy: null, ...metrics } }, ...more }),
    at,
  );
const split = (champion: number, canary: number, share = 0.5) => [{ share, champion, canary }];
const arm = (arm: 'champion' | 'canary', right: number, wrong: number, missing = 0): LabelledKeys => ({
  share: 0.5,
  arm,
  right,
  wrong,
  missing,
});
const labelled = (...keys: LabelledKeys[]): Partial<ReleaseObservation> => ({ labelled: { all: keys, mature: keys } });
const alike = labelled(arm('champion', 9000, 1000), arm('canary', 9000, 1000));
const counted = (kind: 'error' | 'slow', champion: number, canary: number): Partial<ReleaseObservation> => ({
  events: { ...quiet.events, key: split(10_000, 10_000), [kind]: split(champion, canary) },
});
const pairs = (disagree: number): Partial<ReleaseObservation> => ({
  agreement: { pairs: 5000, disagree, missing: 0, scores: { differences: [[0, 5000]], missing: 0 } },
});
const margin = { ratio: 2, rate: 0.01 };

describe('each required metric', () => {
  test.each<[string, object, Partial<ReleaseObservation>, Partial<ReleaseObservation>]>([
    [
      'liveAccuracy',
      { liveAccuracy: { margin: 0.05 } },
      alike,
      labelled(arm('champion', 90, 10), arm('canary', 90, 10)),
    ],
    ['errors', { errors: margin }, counted('error', 200, 200), counted('error', 20, 200)],
    ['slow', { slow: margin }, counted('slow', 200, 200), counted('slow', 90, 180)],
    ['agreement', { agreement: { margin: 0.02 } }, pairs(10), pairs(110)],
    ['scoreShift', { scoreShift: { margin: 0.01 } }, pairs(0), {}],
  ])('%s advances once its harm is ruled out, and holds before', (metric, metrics, proven, unproven) => {
    const good = analysis(metrics, proven);
    expect([good.decision, troubles(good.verdict)]).toEqual(['advance', []]);
    const shown = good.verdict.checks.find(({ name }) => name === `canary.nonInferior.${metric}`);
    expect(shown).toMatchObject({ status: 'pass', limit: 20 });
    expect(shown?.message).toContain(' rule out ');
    const open = analysis(metrics, unproven, { guards: { errorRatio: 1000, slowRatio: 1000 } });
    expect(troubles(open.verdict)).toEqual([`canary.nonInferior.${metric} inconclusive`]);
    expect(open.decision).toBe('hold');
    expect(analysis(metrics).decision).toBe('hold');
  });
  test('asks nothing before the last step, and a step of another phase', () => {
    expect(analysis({ errors: margin }, {}, {}, { ...last, step: 1 }).decision).toBe('advance');
    expect(analysis({ errors: margin }, {}, {}, { ...last, phase: 'bake' }).decision).toBe('advance');
  });
  test('has to be shown: one of two is not enough', () => {
    const both = { errors: margin, slow: margin };
    const { verdict } = analysis(
      both,
      { events: { ...quiet.events, key: split(10_000, 10_000), error: split(200, 200), slow: split(90, 180) } },
      { guards: { slowRatio: 1000 } },
    );
    expect(troubles(verdict)).toEqual(['canary.nonInferior.slow inconclusive']);
  });
  test('is proven without a single event where so low a rate is not harm', () => {
    expect(analysis({ errors: margin }, counted('error', 0, 0)).decision).toBe('advance');
    expect(analysis({ errors: { ratio: 2, rate: 1e-5 } }, counted('error', 0, 0)).decision).toBe('hold');
  });
  test('is proven by copies where no step lets both versions answer', () => {
    const keys = 10_000;
    const same = { champion: 200, canary: 200 };
    const copies = { mirroredKeys: { keys, errors: same, slow: same } };
    const shadow: AnalysisMoment = { ...last, phase: 'shadow', step: 0 };
    const blueGreen = { mode: 'blueGreen', shadow: { minRequests: 1 } };
    expect(analysis({ errors: margin, slow: margin }, copies, blueGreen, shadow).decision).toBe('advance');
    const few = { mirroredKeys: { ...quiet.mirroredKeys, keys: 100 } };
    expect(analysis({ errors: margin }, few, blueGreen, shadow).decision).toBe('hold');
    const uncopied = analysis(
      { errors: margin },
      { mirroredKeys: { ...quiet.mirroredKeys, keys: 0 } },
      { mode: 'blueGreen', shadow: { sample: 0 } },
      shadow,
    );
    expect([uncopied.decision, troubles(uncopied.verdict)]).toEqual([
      'hold',
      ['canary.nonInferior.errors inconclusive'],
    ]);
  });
  describe('where a metric source is asked for its kind', () => {
    const source = {
      asked: ['error' as const],
      events: { error: split(200, 200) },
      bake: [],
      requests: split(10_000, 10_000),
      proof: { events: {}, requests: [] },
      stepRequests: 10_000,
      from: 0,
      to: 1,
      missing: null,
    };
    const proof = (champion: number, canary: number) => ({
      proof: { events: { error: split(champion, canary) }, requests: split(10_000, 10_000) },
    });
    const byLog = counted('error', 200, 200);
    const lenient = { guards: { errorRatio: 1000 } };
    const shownBy = (metrics: object, seen: Partial<ReleaseObservation> = {}) => {
      const { decision, verdict } = analysis(
        { errors: margin },
        { ...seen, metrics: { ...source, ...metrics } },
        lenient,
      );
      return { decision, ...verdict.checks.find(({ name }) => name === 'canary.nonInferior.errors') };
    };

    test('is proven by its counts alone, in whose words requests were counted', () => {
      const proven = shownBy(proof(200, 200));
      expect(proven).toMatchObject({ decision: 'advance', status: 'pass' });
      expect(proven.message).toBe(
        '10000 requests of the canary, counted by the metric source and taken as independent of each other, rule out ' +
          "1 % or more requests with an error, 2 times as many as the champion's (canary on 200 of 10000, champion on 200 of 10000)",
      );
      expect(shownBy(proof(100, 200), byLog)).toMatchObject({ decision: 'hold', status: 'inconclusive' });
    });
    test('is not proven by counts that lean towards the canary, as those of the guards do', () => {
      expect(shownBy({ proof: { events: { error: [] }, requests: [] } }, byLog).decision).toBe('hold');
    });
    test('is not proven by counts that are missing, against the prediction log', () => {
      const missing = { events: {}, requests: [], stepRequests: 10_000, missing: 'it is down' };
      const { message, ...shown } = shownBy({ ...missing, proof: { events: {}, requests: [] } }, byLog);
      expect(shown).toMatchObject({ decision: 'hold', status: 'inconclusive', limit: 20 });
      expect(message).toContain('(it has no counts: it is down)');
    });
    test('is proven by the prediction log where the source does not know the kind', () => {
      expect(shownBy({ ...proof(0, 0), asked: ['slow'], events: { slow: [] } }, byLog).decision).toBe('advance');
    });
  });
  test('is ruled by the guard of its name where evidence is missing', () => {
    const rules = (missing: string) => ({ guards: { rules: { liveAccuracy: { missing } } } });
    expect(analysis({ liveAccuracy: {} }, {}, rules('pass')).decision).toBe('advance');
    expect(analysis({ liveAccuracy: {} }, {}, rules('rollback')).decision).toBe('rollback');
  });
});

test('the promotion has an alpha of its own where one is set', () => {
  const alpha = (more: object) =>
    judgeAnalysis(quiet, releasePolicySchema.parse(withKnownLabels(more)), last).verdict.checks.find(
      ({ name }) => name === 'canary.nonInferior',
    )?.limit;
  expect(alpha({})).toBe(20);
  expect(alpha({ alpha: 0.1 })).toBe(10);
  expect(alpha({ alpha: 0.1, promotion: { alpha: 0.01 } })).toBe(100);
});

describe('accuracy on mirrored requests', () => {
  const paired = { ...quiet.paired, labels: 2000 };
  const proven = { paired, mature: paired };
  const names = (more: object) =>
    judgeAnalysis(
      { ...quiet, ...proven },
      releasePolicySchema.parse(withKnownLabels({ minStepRequests: 0, ...more })),
      last,
    )
      .verdict.checks.map(({ name }) => name)
      .filter((name) => name.startsWith('canary.'));
  test('is required unless the policy turns it off, by either way', () => {
    expect(names({})).toEqual(['canary.requests', 'canary.labels', 'canary.nonInferior']);
    expect(names({ promotion: { metrics: { accuracy: null } } })).toEqual(['canary.requests']);
    expect(names({ minLabels: 0 })).toEqual(['canary.requests']);
  });
  test('has 2 points of margin, unless the policy sets them', () => {
    const message = (more: object) =>
      judgeAnalysis(
        { ...quiet, ...proven },
        releasePolicySchema.parse(withKnownLabels(more)),
        last,
      ).verdict.checks.find(({ name }) => name === 'canary.nonInferior')?.message;
    expect(message({})).toContain('2000 labels rule out a loss of accuracy of 2 %');
    expect(
      message({ promotion: { metrics: { accuracy: { margin: 0.01 } } }, guards: { accuracyLoss: 0.005 } }),
    ).toContain('of 1.5 %');
  });
});

describe('the guard of labels of live requests', () => {
  const policy = policyOf({ liveAccuracyLoss: 0.01 });
  const judged = (seen: Partial<ReleaseObservation>, more: object = {}) =>
    judgeAnalysis({ ...quiet, ...seen }, policyOf({ liveAccuracyLoss: 0.01 }, more), { ...last, step: 0 });
  const worse = labelled(arm('champion', 1900, 100), arm('canary', 1500, 500));
  test('is in force where its limit is set, with a part of alpha', () => {
    expect(guardsInForce(policyOf({}))).not.toContain('liveAccuracy');
    expect(guardsInForce(policy)).toContain('liveAccuracy');
    const budget = guardBudget(policy, 1);
    expect(alphaOf(budget, 'liveAccuracy')).toBeCloseTo((budget.available * 0.2) / 1.2, 15);
  });
  test('rolls back a candidate that is wrong more often, and says how often', () => {
    const { decision, guards, verdict } = judged(worse);
    expect(decision).toBe('rollback');
    expect(guards.filter(({ fired }) => fired).map(({ name }) => name)).toEqual(['liveAccuracy']);
    const { message } = verdict.checks.find(({ name }) => name === 'guard.liveAccuracy') ?? {};
    expect(message).toContain('canary right on 75 % of 2000, champion right on 95 % of 2000');
    expect(message).toMatch(/a loss of approximately 1\d\.\d+ to 2\d\.\d+ points/);
  });
  test('lets one go on that is as often right, also where its labels have not come', () => {
    expect(judged(alike).decision).toBe('advance');
    const unlabelled = labelled(arm('champion', 1900, 100), arm('canary', 0, 0, 2000));
    // A champion's wrong answers alone speak for the canary.
    expect(judged(unlabelled).decision).toBe('advance');
    expect(judged({}).decision).toBe('advance');
  });
  test('says nothing where no step lets both versions answer', () => {
    const { guards } = judged(worse, { mode: 'blueGreen', holdback: 0 });
    expect(guards.find(({ name }) => name === 'liveAccuracy')?.eValue).toBe(1);
  });
  test('looks at all keys, missing labels for the canary, and promotion at those as old as labels need', () => {
    const young = { labelled: { all: alike.labelled?.all ?? [], mature: [] } };
    expect(analysis({ liveAccuracy: { margin: 0.05 } }, young).decision).toBe('hold');
    const harm = { labelled: { all: worse.labelled?.all ?? [], mature: alike.labelled?.mature ?? [] } };
    expect(judged(harm, { labels: { missing: 'worst' } }).decision).toBe('rollback');
    expect(judged(harm, { labels: { missing: 'random' } }).decision).not.toBe('rollback');
    const late = labelled(arm('champion', 1900, 100, 500), arm('canary', 1500, 500));
    expect(judged(late, { labels: { missing: 'random' } }).decision).toBe('rollback');
    expect(judged(late, { labels: { missing: 'worst' } }).decision).not.toBe('rollback');
  });
  test('counts labels that never come at the worst for promotion where the policy says so', () => {
    const keys = labelled(arm('champion', 9000, 1000, 500), arm('canary', 9000, 1000, 500));
    const asked = { liveAccuracy: { margin: 0.04 } };
    expect(analysis(asked, keys).decision).toBe('advance');
    const worst = analysis(asked, keys, { labels: { missing: 'worst' } });
    expect(worst.decision).toBe('hold');
    expect(worst.verdict.checks.find(({ name }) => name === 'canary.nonInferior.liveAccuracy')?.message).toContain(
      '1000 missing ones at their worst',
    );
  });
});

test.each([
  [{}, { least: 0.05, greatest: 0.95 }],
  [{ holdback: 0 }, { least: 0.05, greatest: 0.5 }],
  [
    { steps: [0, 0.1, 1], holdback: 0.5 },
    { least: 0.1, greatest: 0.5 },
  ],
  [
    { mode: 'ab', ab: { share: 0.3 } },
    { least: 0.3, greatest: 0.3 },
  ],
  [{ mode: 'blueGreen', holdback: 0 }, null],
  [{ mode: 'shadow' }, null],
])('the shares that count follow from the policy: %j', (more, limits) => {
  expect(shareLimits(releasePolicySchema.parse(more))).toEqual(limits);
});

test.each([
  [{}, { scores: false, liveLabels: false }],
  [
    { guards: { value: { from: -1, to: 9, maxLoss: 1, usual: 0 } } },
    { scores: false, liveLabels: false, values: { from: -1, to: 9 } },
  ],
  [{ guards: { maxScoreShift: 0.1 } }, { scores: true, liveLabels: false }],
  [{ guards: { liveAccuracyLoss: 0 } }, { scores: false, liveLabels: true }],
  [{ promotion: { metrics: { liveAccuracy: {}, scoreShift: { margin: 0.1 } } } }, { scores: true, liveLabels: true }],
])('an analysis reads only what the policy judges: %j', (more, wanted) => {
  expect(answersToRead(releasePolicySchema.parse(more))).toEqual(wanted);
});

test('a policy that says nothing requires accuracy alone, and no analysis needs labels of live requests', () => {
  expect(releasePolicySchema.parse({}).promotion).toEqual({
    alpha: null,
    metrics: {
      accuracy: { margin: 0.02 },
      liveAccuracy: null,
      value: null,
      errors: null,
      slow: null,
      agreement: null,
      scoreShift: null,
    },
  });
  expect(analysisEvidenceSchema.shape.observation.parse(quiet)).not.toHaveProperty('labelled');
});
