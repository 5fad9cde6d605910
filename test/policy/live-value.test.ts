import { describe, expect, test } from 'vitest';
import { analysisEvidenceSchema, type ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { ValuedKeys } from '../../contracts/evidence/values.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget, guardsInForce } from '../../policy/release/guards-in-force.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { proofDesign, valueDesign, valueDifference } from '../../policy/release/guards/valued-keys.ts';
import { valuedKeys } from '../support/valued-keys.ts';
import { troubles } from './definition.ts';
import { last, policyOf, quiet } from './groups.ts';

const range = { from: 0, to: 50 };
/** One in ten buys something for `bought`. */
const keys = (arm: ValuedKeys['arm'], count: number, bought: number, missing = 0): ValuedKeys =>
  valuedKeys(
    0.5,
    arm,
    Array.from({ length: count }, (_, i) => (i % 10 === 0 ? bought : 0)),
    range,
    missing,
  );
const valued = (...all: ValuedKeys[]): Partial<ReleaseObservation> => ({ values: { all, mature: all } });
const alike = valued(keys('champion', 3000, 20), keys('canary', 3000, 20));
const worse = valued(keys('champion', 3000, 20), keys('canary', 3000, 5));
const analysis = (seen: Partial<ReleaseObservation>, value: object = {}, more: object = {}) =>
  judgeAnalysis({ ...quiet, ...seen }, policyOf({ value: { ...range, maxLoss: 0, ...value } }, more), last);
const promoting = (margin: number, more: object = {}) => ({
  promotion: { metrics: { accuracy: null, value: { margin } } },
  ...more,
});

describe('the guard of what answers were worth', () => {
  test('is in force where the policy declares the range, with its part of alpha', () => {
    const policy = policyOf({ value: { ...range, maxLoss: 1 } });
    expect(guardsInForce(policyOf({}))).not.toContain('value');
    expect(guardsInForce(policy)).toContain('value');
    const budget = guardBudget(policy, 1);
    expect(alphaOf(budget, 'value')).toBeCloseTo((budget.available * 0.2) / 1.2, 15);
  });
  test('rolls back a canary whose answers earn less than is tolerated, and no other', () => {
    const { guards, decision, verdict } = analysis(worse);
    expect(decision).toBe('rollback');
    expect(guards.filter(({ fired }) => fired).map(({ name }) => name)).toEqual(['value']);
    const message = verdict.checks.find(({ name }) => name === 'guard.value')?.message;
    expect(message).toContain('the mean value of live requests is too far below');
    expect(message).toMatch(
      /: canary 0\.5 on average of 3000, champion 2 on average of 3000, a fall of approximately 1\.\d+ to 1\.\d+, by share \(e-value/,
    );
    expect(analysis(worse, { maxLoss: 1.5 }).decision).toBe('advance');
    expect(analysis(alike).decision).toBe('advance');
    expect(analysis({}).guards.find(({ name }) => name === 'value')).toMatchObject({ eValue: 1, fired: false });
  });
  test('says how many values it cut off at the end of their range', () => {
    const cut = valued({ ...keys('canary', 100, 50), outside: 7 });
    expect(analysis(cut).verdict.checks.find(({ name }) => name === 'guard.value')?.message).toMatch(
      /: canary 5 on average of 100, no values of the champion, .*, 7 outside 0 to 50 counted as the nearer end \(e-value .*\)$/,
    );
  });
  test('says the mean of values within their steps, and takes the range as it lies', () => {
    const [low, high] = [10, 60];
    const of = { from: low, to: high, maxLoss: 0, usual: 47.5 };
    const arm = (name: ValuedKeys['arm'], ...all: number[]) => valuedKeys(0.5, name, all, of);
    const policy = policyOf({ value: of });
    expect(valueDifference([arm('canary', 10.04, 10.02), arm('champion', 59.96)], policy, of)).toMatch(
      /^canary 10\.03 on average of 2, champion 59\.96 on average of 1/,
    );
    expect(valueDesign(policy, of)?.centre).toBe(0.75);
    expect(valueDesign(policyOf({ value: of }, { holdback: 0 }), of)).toEqual(proofDesign(policy, of));
    expect(valueDesign(policy, of)).not.toEqual(proofDesign(policy, of));
  });
  test('counts missing values for the canary where the policy takes them at their best', () => {
    const some = valued(keys('champion', 3000, 20, 300), keys('canary', 3000, 5, 300));
    const of = (missing: string) =>
      analysis(some, {}, { labels: { missing } }).guards.find(({ name }) => name === 'value')?.eValue ?? Number.NaN;
    expect(of('worst')).toBeLessThan(of('random'));
  });
  test('judges shares that the policy plans, and nothing where no step lets both versions answer', () => {
    expect(analysis(worse, {}, { steps: [0.1], holdback: 0 }).decision).toBe('advance');
    expect(
      analysis(worse, {}, { mode: 'blueGreen', holdback: 0 }).guards.find(({ name }) => name === 'value')?.eValue,
    ).toBe(1);
  });
});

describe('the required metric of what answers are worth', () => {
  test('advances once so great a fall is ruled out, and holds before', () => {
    const good = analysis(alike, {}, promoting(1));
    expect([good.decision, troubles(good.verdict)]).toEqual(['advance', []]);
    const shown = good.verdict.checks.find(({ name }) => name === 'canary.nonInferior.value');
    expect(shown).toMatchObject({ status: 'pass', limit: 20 });
    expect(shown?.message).toMatch(
      /^6000 values of live requests rule out a fall of the mean value by 1 on live requests \(canary 2 on average/,
    );
    for (const seen of [
      {},
      valued(keys('champion', 50, 20), keys('canary', 50, 20)),
      { values: { all: [], mature: [] } },
    ])
      expect(troubles(analysis(seen, {}, promoting(1)).verdict)).toEqual(['canary.nonInferior.value inconclusive']);
  });
  test('takes maxLoss and margin together for harm, and only keys as old as labels need', () => {
    const few = valued(keys('champion', 400, 20), keys('canary', 400, 20));
    expect(analysis(few, {}, promoting(1)).decision).toBe('hold');
    expect(analysis(few, { maxLoss: 2 }, promoting(1)).decision).toBe('advance');
    const young = { values: { all: alike.values?.all ?? [], mature: [] } };
    expect(analysis(young, {}, promoting(1)).decision).toBe('hold');
  });
  test('counts values that did not come as the policy says', () => {
    const some = valued(keys('champion', 3000, 20, 1000), keys('canary', 3000, 20, 1000));
    expect(analysis(some, {}, promoting(1)).decision).toBe('advance');
    const one = valued(keys('champion', 3000, 20), keys('canary', 3000, 20, 1));
    expect(
      analysis(one, {}, promoting(1, { labels: { missing: 'worst' } })).verdict.checks.find(
        ({ name }) => name === 'canary.nonInferior.value',
      )?.message,
    ).toContain('1 missing ones at their worst, ');
    const worst = analysis(some, {}, promoting(1, { labels: { missing: 'worst' } }));
    expect(worst.decision).toBe('hold');
    expect(worst.verdict.checks.find(({ name }) => name === 'canary.nonInferior.value')?.message).toContain(
      '6000 values of live requests, 2000 missing ones at their worst, do not rule out',
    );
  });
});

describe('a policy', () => {
  const problem = (guards: object, metrics: object = {}): string =>
    releasePolicySchema
      .safeParse({ guards, promotion: { metrics } })
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)[0] ?? 'none';
  test.each([
    [{ from: 0, to: 5, maxLoss: 0 }, 'none'],
    [{ from: 5, to: 5, maxLoss: 0 }, 'guards.value.to: must be greater than "from"'],
    [{ from: 0, to: 5, maxLoss: 5 }, 'guards.value.maxLoss: must be less than the range is wide'],
    [{ from: 0, to: 5, maxLoss: -1 }, 'guards.value.maxLoss: '],
    [{ from: 0, to: Infinity, maxLoss: 1 }, 'guards.value.to: '],
    [{ from: 0, to: 5, maxLoss: 1, usual: 6 }, 'guards.value.usual: must be from "from" to "to"'],
  ])('with the range %j: %s', (value, said) => {
    expect(problem({ value })).toContain(said);
  });
  test('that asks for the proof must declare the range, and no fall that is wider', () => {
    expect(problem({}, { value: { margin: 1 } })).toContain(
      'promotion.metrics.value: needs the range of the values: set guards.value',
    );
    const value = { from: 0, to: 5, maxLoss: 2 };
    expect(problem({ value }, { value: { margin: 3 } })).toBe('none');
    expect(problem({ value }, { value: { margin: 3.1 } })).toContain('more than the range is wide (5)');
  });
});

test('an analysis is judged again from its document to the same bits', () => {
  const { observation } = analysisEvidenceSchema.shape;
  const seen = { ...quiet, ...valued(keys('champion', 777, 33.333), keys('canary', 555, 12.007, 3)) };
  const again = observation.parse(JSON.parse(JSON.stringify(seen)));
  const policy = policyOf({ value: { ...range, maxLoss: 0.2, usual: 1 } }, promoting(1));
  expect(judgeAnalysis(again, policy, last)).toEqual(judgeAnalysis(seen, policy, last));
});
