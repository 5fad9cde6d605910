import { describe, expect, test } from 'vitest';
import type { ObservedMetrics, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { releaseObservationSchema } from '../../contracts/evidence/release.ts';
import type { GuardRule } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { judgeAnalysis, type AnalysisMoment } from '../../policy/release/judge-analysis.ts';
import { rateEstimand } from '../../policy/release/guards/metric-source.ts';
import { definition, troubles } from './definition.ts';
import { moment as momentOf } from './moment.ts';
import { nothingSeen } from './seen.ts';

const policy: ReleasePolicy = {
  ...definition.release,
  shadow: { sample: 0, minRequests: 100, maxDropped: 0.05, duration: 1_000 },
  minLabels: 0,
  stepDuration: 1_000,
  bake: 1_000,
};
const split = (champion: number, canary: number, share = 0.25) => [{ share, champion, canary }];
const healthy: ObservedMetrics = {
  asked: ['error', 'slow'],
  events: { error: split(30, 10), slow: split(30, 10) },
  bake: [],
  requests: split(3_000, 1_000),
  proof: { events: {}, requests: [] },
  stepRequests: 400,
  from: 0,
  to: 1,
  missing: null,
};
const unanswered = { ...healthy, events: {}, requests: [], stepRequests: null, missing: 'it is down' };
const moment = (phase: AnalysisMoment['phase'], more: Partial<AnalysisMoment> = {}): AnalysisMoment =>
  momentOf(phase, { step: 2, ...more });
const seen = (metrics: Partial<ObservedMetrics>): ReleaseObservation =>
  releaseObservationSchema.parse({ ...nothingSeen, metrics: { ...healthy, ...metrics } });
const analysis = (metrics: Partial<ObservedMetrics>, at: AnalysisMoment, by = policy) =>
  judgeAnalysis(seen(metrics), by, at);
const ruled = (rules: Partial<Record<'errors' | 'slow' | 'bakeErrors' | 'bakeSlow', Partial<GuardRule>>>) => ({
  ...policy,
  guards: {
    ...policy.guards,
    rules: Object.fromEntries(
      Object.entries(rules).map(([name, rule]) => [name, { action: 'rollback', missing: 'hold', ...rule } as const]),
    ),
  },
});

describe('a metric source', () => {
  test.each([moment('shadow'), moment('canary', { step: 0 }), moment('canary'), moment('bake')])(
    'lets a healthy canary through $phase, step $step, without a prediction log',
    (at) => {
      const { decision, verdict } = analysis({}, at);
      expect(troubles(verdict)).toEqual([]);
      expect(decision).toBe('advance');
    },
  );

  test.each<[string, Partial<ObservedMetrics>, AnalysisMoment]>([
    ['errors', { events: { ...healthy.events, error: split(5, 40) } }, moment('canary')],
    ['slow', { events: { ...healthy.events, slow: split(30, 120) } }, moment('canary')],
    ['positives', { asked: ['positive'], events: { positive: split(100, 200) } }, moment('canary')],
    ['negatives', { asked: ['negative'], events: { negative: split(100, 200) } }, moment('canary')],
    ['bakeErrors', { bake: [{ error: split(0, 300, 0.95) }] }, moment('bake')],
    ['bakeSlow', { bake: [{ slow: split(0, 400, 0.95) }], requests: split(0, 900) }, moment('bake')],
  ])('fires by the guard %s, and says whose counts of what these are', (name, metrics, at) => {
    const { guards, decision } = analysis(metrics, at);
    const fired = guards.filter((guard) => guard.fired);
    expect(fired.map((guard) => guard.name)).toEqual([name]);
    expect(fired[0]?.estimand).toMatch(/^rate of requests with .* \(by the metric source\)$/);
    expect(decision).toBe('rollback');
  });

  test('does not call a canary slow whose slow requests are few, at any ratio', () => {
    expect(analysis({ events: { ...healthy.events, slow: split(0, 10) } }, moment('canary')).decision).toBe('advance');
  });

  test('leaves the guards of kinds that it does not know to the prediction log', () => {
    const logged = { ...seen({}), events: { ...nothingSeen.events, positive: split(100, 200) } };
    const { guards } = judgeAnalysis(logged, policy, moment('canary'));
    expect(guards.filter(({ fired }) => fired).map(({ name, estimand }) => [name, estimand])).toEqual([
      ['positives', "rate of keys with a positive prediction is at most 1.5 times the champion's"],
    ]);
  });

  test('is judged by its counts alone where it has them, against the prediction log', () => {
    const logged = { ...seen({}), events: { ...nothingSeen.events, error: split(0, 500) } };
    expect(judgeAnalysis(logged, policy, moment('canary')).decision).toBe('advance');
  });

  test('counts the requests of a step', () => {
    const { verdict, decision } = analysis({ stepRequests: 99 }, moment('canary'));
    expect(troubles(verdict)).toEqual(['canary.requests inconclusive']);
    expect(decision).toBe('hold');
  });
});

describe('a metric source without an answer', () => {
  test('holds, and is quoted', () => {
    const { verdict, decision } = analysis(unanswered, moment('canary'));
    expect(troubles(verdict)).toEqual([
      'metrics.errors inconclusive',
      'metrics.slow inconclusive',
      'canary.requests inconclusive',
    ]);
    expect(verdict.checks.find(({ name }) => name === 'metrics.errors')?.message).toContain('(it is down)');
    expect(decision).toBe('hold');
  });

  test('holds the bake by the guards of the bake, too', () => {
    expect(troubles(analysis(unanswered, moment('bake')).verdict)).toEqual([
      'metrics.errors inconclusive',
      'metrics.slow inconclusive',
      'metrics.bakeErrors inconclusive',
      'metrics.bakeSlow inconclusive',
    ]);
  });

  test.each([
    ['pass', 10_000, 'advance'],
    ['rollback', 10, 'hold'],
    ['rollback', 10_000, 'rollback'],
  ] as const)('does what the rules say: %s after %d ms is %s', (missing, elapsedMs, decision) => {
    const rules = ruled({ errors: { missing }, slow: { missing } });
    expect(analysis(unanswered, moment('canary', { elapsedMs }), rules).decision).toBe(decision);
  });

  test('does not hold for a guard that was given no alpha', () => {
    const { verdict } = analysis(
      { events: { error: split(30, 10) }, missing: 'no' },
      moment('canary'),
      ruled({ slow: { weight: 0 } }),
    );
    expect(troubles(verdict)).toEqual([]);
  });

  test('about one kind does not save a canary that burns by another', () => {
    const burning = { events: { error: split(5, 40) }, missing: 'no counter of slow answers' };
    expect(analysis(burning, moment('canary')).decision).toBe('rollback');
  });
});

describe('a bake that the metric source cannot see', () => {
  const alone = { ...policy, holdback: 0 };
  test('holds the release from its beginning on, while there is no harm in it', () => {
    const { verdict, decision } = analysis({ events: { error: [], slow: [] } }, moment('shadow'), alone);
    expect(troubles(verdict)).toEqual(['metrics.bake inconclusive']);
    expect(decision).toBe('hold');
  });
  test('may be gone into by the rule, and is none where the release has no bake', () => {
    const passing = { ...ruled({ bakeErrors: { missing: 'pass' } }), holdback: 0 };
    expect(analysis({}, moment('canary'), passing).decision).toBe('advance');
    expect(
      troubles(analysis({}, moment('canary'), { ...alone, mode: 'ab', ab: { share: 0.5, duration: 1 } }).verdict),
    ).toEqual([]);
  });
  test('is a warning for a hotfix, which is rolled back by its own requests', () => {
    const hot = moment('canary', { hotfix: true, elapsedMs: 60_000 });
    const fine = analysis({ events: { error: split(900, 0), slow: split(900, 0) } }, hot);
    expect(troubles(fine.verdict)).toEqual(['metrics.bake warn']);
    expect(fine.decision).toBe('advance');
    expect(analysis({ events: { error: split(900, 60), slow: split(900, 0) } }, hot).decision).toBe('rollback');
  });
});

test('rates are of requests, and slow by its own word, where the metric source counts them', () => {
  const words = (kind: 'error' | 'slow', asked?: ObservedMetrics['asked']) =>
    rateEstimand({ metrics: asked && { ...healthy, asked } }, kind, 'an answer slower than 9 ms', 'is at most 2');
  expect(words('slow')).toBe('rate of keys with an answer slower than 9 ms is at most 2');
  expect(words('slow', ['error'])).toBe(words('slow'));
  expect(words('slow', ['slow'])).toBe('rate of requests with a slow answer is at most 2 (by the metric source)');
  expect(words('error', ['error'])).toBe(
    'rate of requests with an answer slower than 9 ms is at most 2 (by the metric source)',
  );
});
