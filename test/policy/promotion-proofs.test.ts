import { describe, expect, test } from 'vitest';
import type { LabelledKeys, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { agreementEvidence, steppedStabilityEvidence } from '../../ml/sequential/agreement.ts';
import { scoreSteps } from '../../contracts/evidence/groups.ts';
import { liveNonInferiorityEvidence } from '../../ml/sequential/live-loss.ts';
import { pairedNonInferiorityEvidence } from '../../ml/sequential/paired.ts';
import { promotionChecks } from '../../policy/release/promotion-checks.ts';
import { needsLabels, proofsOf, requiredMetrics } from '../../policy/release/promotion.ts';
import { difference } from '../../policy/release/guards/accuracy.ts';
import { harmfulLoss } from '../../policy/release/guards/guard.ts';
import { policyOf, quiet } from './groups.ts';
import { seenWith } from './seen.ts';

const all = {
  accuracy: { margin: 0.02 },
  liveAccuracy: { margin: 0.03 },
  value: null,
  errors: { ratio: 2, rate: 0.01 },
  slow: null,
  agreement: { margin: 0.02 },
  scoreShift: { margin: 0.01 },
};
const policyFor = (metrics: object, more: object = {}, guards: object = {}) =>
  policyOf(guards, { minLabels: 1, promotion: { metrics: { ...all, ...metrics } }, ...more });
const none = Object.fromEntries(Object.keys(all).map((name) => [name, null]));

test('the required metrics are those with a margin; accuracy only where labels are asked for', () => {
  expect(requiredMetrics(policyFor({}))).toEqual(['accuracy', 'liveAccuracy', 'errors', 'agreement', 'scoreShift']);
  expect(requiredMetrics(policyFor({}, { minLabels: 0 }))).toEqual([
    'liveAccuracy',
    'errors',
    'agreement',
    'scoreShift',
  ]);
  expect(requiredMetrics(policyFor({ accuracy: null }))).not.toContain('accuracy');
  for (const [minLabels, asked] of [
    [0, []],
    [1, ['accuracy']],
  ] as const) {
    const policy = policyFor({ ...none, accuracy: { margin: 0.02 } }, { minLabels });
    expect(requiredMetrics(policy)).toEqual(asked);
    expect(proofsOf(quiet, policy).map(({ metric }) => metric)).toEqual(asked);
  }
});

test('harm is the margin beyond what is tolerated, at most everything', () => {
  expect([harmfulLoss(null, 0.02), harmfulLoss(0.25, 0.5), harmfulLoss(0.5, 0.75)]).toEqual([0.02, 0.75, 1]);
});

describe('each proof says by what was counted, and what was seen', () => {
  const one = (metrics: object, seen: Partial<ReleaseObservation>, more: object = {}, guards: object = {}) =>
    proofsOf(seenWith(quiet, seen), policyFor({ ...none, ...metrics }, more, guards))[0];
  const paired = { labels: 400, missing: 30, dropped: 0, championRight: 320, canaryRight: 300, worse: 30, better: 10 };

  test('accuracy, with what is missing at its worst and what was dropped', () => {
    const accuracy = { accuracy: { margin: 0.02 } };
    const evidence = (missing: number) => pairedNonInferiorityEvidence({ ...paired, missing }, 0.02);
    expect(one(accuracy, { paired })).toMatchObject({
      evidence: evidence(0),
      harm: 'a loss of accuracy of 2 %',
      counted: '400 labels',
      detail: 'canary right on 75 %, champion on 80 % of the same requests',
    });
    const worst = { labels: { maturity: 0, missing: 'worst' } };
    expect(one(accuracy, { paired }, worst)).toMatchObject({
      evidence: evidence(30),
      counted: '400 labels, 30 missing ones at their worst,',
    });
    expect(one(accuracy, { paired: { ...paired, dropped: 1 } })).toMatchObject({
      evidence: evidence(1),
      counted: '400 labels, 1 missing ones at their worst,',
    });
    expect(one(accuracy, { paired, mature: { ...paired, labels: 350 } }, worst)?.counted).toBe(
      '350 labels, 30 missing ones at their worst,',
    );
    expect(difference({ ...paired, labels: 1, championRight: 1, canaryRight: 0 })).toBe(
      'canary right on 0 %, champion on 100 % of the same requests',
    );
    expect(difference({ ...paired, labels: 0 })).toBe('none so far');
  });

  test('what answers are worth, cost or miss, in the unit of the metric', () => {
    const losses = { differences: [], champion: 40, canary: 50 };
    const said = (scale: object) =>
      one({ accuracy: { margin: 0.02 } }, { paired: { ...paired, losses: { ...losses, ...scale } } as typeof paired })
        ?.harm;
    expect(said({ of: 'utility', cap: 12, most: 10 })).toBe('a fall of the mean utility by 0.24');
    expect(said({ of: 'cost', cap: 200 })).toBe('a rise of the mean cost by 4');
    expect(said({ of: 'error', cap: 50 })).toBe('a rise of the mean error by 1');
    expect(said({ of: 'pinball', cap: 50 })).toBe('a rise of the mean pinball loss by 0.5');
    expect(said({ of: 'ndcg', cap: 1 })).toBe('a fall of the mean NDCG by 0.02');
  });

  test('accuracy on live requests', () => {
    const keys: LabelledKeys[] = [
      { share: 0.5, arm: 'champion', right: 90, wrong: 10, missing: 1 },
      { share: 0.5, arm: 'canary', right: 80, wrong: 20, missing: 0 },
    ];
    const seen = { labelled: { all: [], mature: keys } };
    const live = { liveAccuracy: { margin: 0.03 } };
    expect(one(live, seen)).toMatchObject({
      harm: 'a loss of accuracy of 3 % on live requests',
      counted: '200 labels of live requests',
    });
    const worst = one(live, seen, { labels: { maturity: 0, missing: 'worst' } });
    expect(worst?.counted).toBe('200 labels of live requests, 1 missing ones at their worst,');
    const limits = { least: 0.05, greatest: 0.95 };
    expect(worst?.evidence).toBe(liveNonInferiorityEvidence(keys, limits, 0.03, 'worst'));
    expect(one(live, seen)?.evidence).toBe(liveNonInferiorityEvidence(keys, limits, 0.03, 'out'));
    expect(one(live, {})?.counted).toBe('0 labels of live requests');
    expect(one(live, seen, { mode: 'blueGreen', holdback: 0 })?.evidence).toBe(1);
  });

  test('agreement and scores of pairs', () => {
    const pairs = { pairs: 500, disagree: 3, missing: 7 };
    const scores = {
      differences: [
        [0, 300],
        [2, 150],
      ] as [number, number][],
      missing: 50,
    };
    const agreement = { ...pairs, scores };
    expect(one({ agreement: { margin: 0.02 } }, { agreement }, {}, { minAgreement: 0.97 })).toEqual({
      metric: 'agreement',
      evidence: agreementEvidence(agreement, 1 - 0.97 + 0.02),
      harm: 'other labels for 5 % of mirrored keys',
      counted: '500 mirrored keys',
      detail: '3 with other labels, 7 without an answer of both',
    });
    expect(one({ agreement: { margin: 0.02 } }, {})).toMatchObject({
      counted: '0 mirrored keys',
      detail: '0 with other labels, 0 without an answer of both',
      evidence: 1,
    });
    expect(one({ scoreShift: { margin: 0.01 } }, { agreement }, {}, { maxScoreShift: 0.02 })).toEqual({
      metric: 'scoreShift',
      evidence: steppedStabilityEvidence({ ...scores, steps: scoreSteps }, 0.03),
      harm: 'a mean shift of the probability by 0.03',
      counted: '450 mirrored keys',
      detail: '50 without probabilities of both',
    });
    expect(one({ scoreShift: { margin: 0.01 } }, {})).toMatchObject({
      counted: '0 mirrored keys',
      detail: '0 without probabilities of both',
      evidence: 1,
    });
  });
});

test('evidence at the very limit is proof', () => {
  const policy = policyFor({ ...none, agreement: { margin: 0.05 } });
  const asked = (alpha: number) => ({ ...policy, promotion: { ...policy.promotion, alpha } });
  const seen = { ...quiet, agreement: { pairs: 0, disagree: 0, missing: 0, scores: null } };
  const of = (alpha: number) => promotionChecks(seen, asked(alpha), () => 'inconclusive').map(({ status }) => status);
  expect([of(1), of(0.99)]).toEqual([['pass'], ['inconclusive']]);
});

describe('without a declared maturity', () => {
  const checks = (metrics: object, seen: Partial<ReleaseObservation> = {}) =>
    promotionChecks(
      { ...quiet, ...seen },
      policyFor({ ...none, ...metrics }, { labels: { maturity: null, missing: 'worst' } }),
      () => 'inconclusive',
    );
  test.each(['accuracy', 'liveAccuracy', 'value'] as const)('%s is proven by nothing, with any counts', (metric) => {
    expect(needsLabels(metric)).toBe(true);
    const guards = metric === 'value' ? { value: { from: 0, to: 1, maxLoss: 0 } } : {};
    const policy = policyFor(
      { ...none, [metric]: { margin: 0.5 } },
      { labels: { maturity: null, missing: 'worst' } },
      guards,
    );
    const labelled = [{ share: 0.5, arm: 'canary' as const, right: 1e5, wrong: 0, missing: 0 }];
    const seen = {
      ...quiet,
      paired: { ...quiet.paired, labels: 1e5 },
      labelled: { all: labelled, mature: labelled },
    };
    const proof = promotionChecks(seen, policy, () => 'inconclusive').at(-1);
    expect(proof?.status).toBe('inconclusive');
    expect(proof?.message).toMatch(/^declare in release\.labels\.maturity .*: held until there are more$/);
  });
  test('what needs no label is proven as ever', () => {
    expect(['errors', 'slow', 'agreement', 'scoreShift'].map((metric) => needsLabels(metric as 'errors'))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    const agreement = { pairs: 5000, disagree: 0, missing: 0, scores: null };
    expect(checks({ agreement: { margin: 0.05 } }, { agreement })).toMatchObject([{ status: 'pass' }]);
  });
});

describe('what must be counted before promotion', () => {
  const pairs = (seen: Partial<ReleaseObservation>) =>
    promotionChecks(
      { ...quiet, ...seen },
      policyFor(none, { shadow: { minRequests: 1 } }, { minAgreement: 0.9, maxScoreShift: 0.1 }),
      () => 'warn',
    ).map(({ name, status, observed, limit }) => [name, status, observed, limit]);
  test('are keys that both versions answered, and those with probabilities of both', () => {
    expect(pairs({})).toEqual([
      ['canary.agreement', 'warn', 0, 1],
      ['canary.scores', 'warn', 0, 1],
    ]);
    const scores = {
      differences: [
        [0, 5],
        [1, 6],
      ] as [number, number][],
      missing: 0,
    };
    expect(pairs({ agreement: { pairs: 1, disagree: 0, missing: 0, scores } })).toEqual([
      ['canary.agreement', 'pass', 1, 1],
      ['canary.scores', 'pass', 11, 1],
    ]);
  });
  test.each([
    [0, 'mirrored requests with a label of'],
    [1, 'mirrored requests with a label, as old as labels need of'],
  ])('are labels as old as they must be: %i ms', (maturity, words) => {
    const policy = policyFor({ ...none, accuracy: { margin: 0.02 } }, { labels: { maturity } });
    const [labels] = promotionChecks(quiet, policy, () => 'inconclusive');
    expect(labels).toMatchObject({ name: 'canary.labels', status: 'pass', observed: 1000, limit: 1 });
    expect(labels?.message).toContain(words);
  });
});
