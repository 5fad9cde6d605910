import { describe, expect, test } from 'vitest';
import type { Digest } from '../../contracts/digest.ts';
import type { Variant } from '../../contracts/evidence/optimization.ts';
import { judgeOptimization } from '../../policy/gates/optimization.ts';
import { judgeVariant, payOff, worstRise, type VariantFacts } from '../../policy/gates/variant.ts';
import { qualityGateOf, type QualityGate } from '../../contracts/model/task.ts';
import { definition, troubles } from './definition.ts';

const gate = definition.optimize;
const quality = {
  ...definition.quality,
  primary: 'auc',
  margins: { auc: 0.005, accuracy: 0.01, logLoss: 0.02 },
} as const;
const facts: VariantFacts = {
  accuracy: 'accuracy',
  fp32: {},
  accuracyChange: { estimate: -0.001, lower: -0.005, upper: 0.002 },
  differences: [
    { metric: 'auc', estimate: -0.001, lower: -0.005, upper: 0.002 },
    { metric: 'logLoss', estimate: 0.001, lower: -0.003, upper: 0.02 },
  ],
  agreement: 0.98,
  speedup: [
    { batch: 1, ratio: 0.9 },
    { batch: 64, ratio: 1.6 },
  ],
  groups: [
    { attribute: 'SEX', group: 'women', rise: 0.02, limit: 0.02 },
    { attribute: 'AGEP', group: 'below 18', rise: 0.08, limit: null },
  ],
};

describe('a variant', () => {
  test.each<[string, Partial<VariantFacts>, string[]]>([
    ['at its limits passes', {}, []],
    [
      'whose accuracy may be beyond the budget fails, however good the estimate',
      { accuracyChange: { estimate: 0.001, lower: -0.0051, upper: 0.01 } },
      ['accuracy.budget fail'],
    ],
    [
      'whose primary metric may be worse than its margin fails, however well its labels agree',
      {
        differences: [{ metric: 'auc', estimate: -0.002, lower: -0.0051, upper: 0.001 }, ...facts.differences.slice(1)],
        agreement: 1,
      },
      ['auc.nonInferior fail'],
    ],
    [
      'that may lose more by another metric with a margin fails',
      {
        differences: [...facts.differences.slice(0, 1), { metric: 'logLoss', estimate: 0.01, lower: 0, upper: 0.021 }],
      },
      ['logLoss.nonInferior fail'],
    ],
    [
      'that cannot be compared on the primary metric fails',
      { differences: facts.differences.slice(1) },
      ['auc.nonInferior fail'],
    ],
    ['that answers otherwise too often fails', { agreement: 0.979 }, ['agreement fail']],
    [
      'that gains at one batch size what it loses at another does not pay',
      {
        speedup: [
          { batch: 1, ratio: 0.5 },
          { batch: 64, ratio: 2 },
        ],
      },
      ['speedup fail'],
    ],
    ['that was timed at no batch size does not pay', { speedup: [] }, ['speedup fail']],
    [
      'under which a group is worse off than is allowed fails',
      { groups: [...facts.groups, { attribute: 'DIS', group: 'yes', rise: 0.031, limit: 0.03 }] },
      ['fairness.worstGroup fail'],
    ],
    ['without groups that are large enough passes', { groups: [] }, []],
  ])('%s', (_, given, expected) => {
    expect(troubles(judgeVariant({ ...facts, ...given }, gate, quality))).toEqual(expected);
  });

  test('is asked about a primary metric without a margin too, and then may lose nothing', () => {
    const differences = [{ metric: 'brier' as const, estimate: 0.0001, lower: 0, upper: 0.0002 }];
    const verdict = judgeVariant({ ...facts, differences }, gate, { ...quality, primary: 'brier', margins: {} });
    expect(troubles(verdict)).toEqual(['brier.nonInferior fail']);
    expect(verdict.checks[1]?.message).toContain('quality.margins.brier');
  });

  test('names the margin that somebody wrote, or says which one holds without it', () => {
    const lost = (metric: 'mae' | 'mape' | 'auc' | 'brier', by: number) => [
      { metric, estimate: by, lower: by - 0.001, upper: by + 0.001 },
    ];
    const said = (metric: 'mae' | 'mape' | 'auc' | 'brier', by: number, change: Partial<QualityGate> = {}) =>
      judgeVariant({ ...facts, fp32: { mae: 20, mape: 0.4 }, differences: lost(metric, by) }, gate, {
        ...quality,
        margins: {},
        primary: metric,
        ...change,
      }).checks[1]?.message;
    expect(said('mae', 5)).toMatch(
      /: it may be worse by more than 0\.1, which is optimize\.accuracyBudget of fp32's 20$/,
    );
    expect(said('mape', 0.1)).toMatch(
      /: it may be worse by more than 0\.002, which is optimize\.accuracyBudget of fp32's 0\.4$/,
    );
    expect(said('mae', 5, { margins: { mae: 1 } })).toMatch(
      /: it may be worse by more than 1, as quality\.margins\.mae says$/,
    );
    expect(said('auc', -0.1, { margins: { auc: 0.005 }, marginsAreDefault: true })).toMatch(
      /: it may be worse by more than 0\.005, the default of quality\.margins\.auc$/,
    );
    expect(said('brier', 0.1)).toMatch(/: it may be worse, and may lose nothing without quality\.margins\.brier$/);
    expect(qualityGateOf(definition, 'binary').marginsAreDefault).toBe(true);
    const written = { quality: { ...definition.quality, margins: { auc: 0.005 } } };
    expect(qualityGateOf(written, 'binary').marginsAreDefault).toBe(false);
  });

  test('is shown with the group that is furthest beyond its limit, not with the largest rise', () => {
    const groups = [
      { attribute: 'AGEP', group: 'old', rise: 0.05, limit: 0.2 },
      { attribute: 'SEX', group: 'men', rise: 0.03, limit: 0.02 },
      { attribute: 'SEX', group: 'women', rise: 0.025, limit: 0.02 },
    ];
    const worst = judgeVariant({ ...facts, groups }, gate, quality).checks.find(
      ({ name }) => name === 'fairness.worstGroup',
    );
    expect(worst).toMatchObject({ status: 'fail', observed: 0.03, limit: 0.02 });
    expect(worst?.message).toBe("SEX = men: error rate 3 % above fp32's, at most 2 % is allowed");
    expect(worstRise(groups)).toBe(0.05);
  });
});

test('speedups are averaged so that doubling and halving cancel out', () => {
  expect(payOff([0.5, 2, 3, 3].map((ratio, batch) => ({ batch, ratio })))).toBeCloseTo(Math.sqrt(3), 12);
});

describe('the choice', () => {
  const variant = (over: Partial<Variant>, ratio = 1): Variant => ({
    variant: 'fp32',
    model: 'sha256:00' as Digest,
    bytes: 4000,
    metrics: {},
    accuracyChange: facts.accuracyChange,
    differences: [],
    agreement: 1,
    worstGroupLoss: 0,
    speedup: [{ batch: 1, ratio }],
    verdict: { status: 'pass', checks: [] },
    ...over,
  });
  const fp32 = variant({});
  const dynamicInt8 = (ratio: number) => variant({ variant: 'dynamicInt8', bytes: 1000 }, ratio);
  const staticInt8 = (ratio: number) => variant({ variant: 'staticInt8', bytes: 1100 }, ratio);
  const failing = (good: Variant): Variant => ({
    ...good,
    verdict: judgeVariant({ ...facts, agreement: 0.5, speedup: [{ batch: 1, ratio: 0.7 }] }, gate, quality),
  });

  test.each<[string, Variant[], string]>([
    ['takes the fastest', [dynamicInt8(1.5), staticInt8(1.8)], 'staticInt8'],
    ['takes the smallest of those about as fast', [dynamicInt8(1.75), staticInt8(1.8)], 'dynamicInt8'],
    ['takes the smallest of those just as fast as is about as fast', [dynamicInt8(1.9), staticInt8(2)], 'dynamicInt8'],
    ['takes the first of equal ones', [staticInt8(1.8), { ...dynamicInt8(1.8), bytes: 1100 }], 'staticInt8'],
    ['passes over a variant that failed', [dynamicInt8(1.5), failing(staticInt8(3))], 'dynamicInt8'],
    ['keeps fp32 where none passed', [failing(dynamicInt8(1.5)), failing(staticInt8(3))], 'fp32'],
    ['keeps fp32 where none was made', [], 'fp32'],
  ])('%s', (_, variants, expected) => {
    const { chosen, verdict } = judgeOptimization(fp32, variants);
    expect(chosen.variant).toBe(expected);
    expect(verdict.status).toBe('pass');
  });

  test('says why fp32 stays, variant by variant', () => {
    const { reason } = judgeOptimization(fp32, [failing(dynamicInt8(1))], ['staticInt8: nothing to quantize']);
    expect(reason).toBe(
      'fp32 stays. dynamicInt8: 50 % of the answers agree with fp32, at least 98 % is asked for; ' +
        '0.7 times as fast as fp32 (0.7 at batch 1), at least 1.1 is asked for. staticInt8: nothing to quantize',
    );
  });

  test('says that none was asked for', () => {
    expect(judgeOptimization(fp32, []).reason).toBe('fp32 stays. The definition asks for no variant');
  });

  test('says what the chosen variant brings', () => {
    expect(judgeOptimization(fp32, [{ ...dynamicInt8(1.5), agreement: 0.99 }]).reason).toBe(
      'dynamicInt8 is 1.5 times as fast as fp32 at 0.25 of its size, and 99 % of its answers agree',
    );
  });
});
