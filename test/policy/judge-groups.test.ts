import { describe, expect, test } from 'vitest';
import type { GroupCohort, ObservedGroup, ObservedGroups } from '../../contracts/evidence/groups.ts';
import { analysisEvidenceSchema, releaseObservationSchema } from '../../contracts/evidence/release.ts';
import { guardNames } from '../../contracts/release/guards-policy.ts';
import { groupContrasts, pairedDifference } from '../../ml/sequential/group-contrast.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget, guardsInForce } from '../../policy/release/guards-in-force.ts';
import { contrastsOf, judgeGroups } from '../../policy/release/guards/groups.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { troubles } from './definition.ts';
import { evidenceOf, cohort, fairness, groupOf, groupsOf, guard, last, policyOf, quiet, same } from './groups.ts';

const analysis = (groups: ObservedGroups | undefined, more: object = {}, guards: object = {}) =>
  judgeAnalysis(
    { ...quiet, ...(groups === undefined ? {} : { groups }) },
    policyOf({ fairness: { ...fairness, ...more }, ...guards }),
    last,
  );

describe('the alpha of a guard whose limit the policy need not set', () => {
  test('is not taken from the others while it is not set', () => {
    const plain = guardBudget(policyOf({}), 1);
    expect(guardsInForce(policyOf({}))).not.toContain('fairness');
    expect(alphaOf(plain, 'accuracy')).toBeCloseTo(plain.available * 0.45, 15);
  });
  test('is shared out with the others when it is, and a rule for a guard that is not in force takes nothing', () => {
    const policy = policyOf({
      fairness,
      minAgreement: 0.98,
      maxScoreShift: 0.02,
      liveAccuracyLoss: 0.01,
      scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 },
      outOfRangeRatio: 1,
      value: { from: 0, to: 1, maxLoss: 0 },
    });
    expect(guardsInForce(policy)).toEqual(guardNames.filter((name) => name !== 'mix'));
    const budget = guardBudget(policy, 1);
    expect(alphaOf(budget, 'fairness')).toBeCloseTo((budget.available * 0.2) / 1.9, 15);
    const ruled = policyOf({ rules: { fairness: { weight: 5 } } });
    expect(guardBudget(ruled, 1)).toEqual(guardBudget(policyOf({}), 1));
  });
});

describe('the guard of groups', () => {
  test.each<[string, Partial<GroupCohort>]>([
    ['loses true positives', { tpr: { labels: 200, worse: 70, better: 0 } }],
    ['gains false positives', { fpr: { labels: 300, worse: 90, better: 5 } }],
    ['is more often wrong', { error: { labels: 500, worse: 120, better: 10 } }],
  ])('rolls back when one group %s, and names it', (_, harm) => {
    const { guards, verdict, decision } = analysis(groupsOf(groupOf('men', cohort()), groupOf('women', cohort(harm))));
    expect(guards.filter(({ fired }) => fired).map(({ name }) => name)).toEqual(['fairness']);
    expect(decision).toBe('rollback');
    expect(verdict.checks.find(({ name }) => name === 'guard.fairness')?.message).toContain('SEX = women by the');
  });
  test('lets a loss within the limit, and gains, go on', () => {
    const { decision, verdict } = analysis(
      groupsOf(
        groupOf('men', cohort({ error: { labels: 500, worse: 40, better: 25 } })),
        groupOf('women', cohort({ tpr: { labels: 200, worse: 0, better: 90 } })),
      ),
    );
    expect([decision, troubles(verdict)]).toEqual(['advance', []]);
  });
  test('does not judge a group that is too small, and says so', () => {
    const small = cohort({ tpr: { labels: 49, worse: 49, better: 0 }, error: same(349) });
    const { decision, verdict, groups } = analysis(groupsOf(groupOf('men', cohort()), groupOf('women', small)));
    expect(decision).toBe('advance');
    expect(troubles(verdict)).toEqual(['guard.fairness.unjudged inconclusive']);
    expect(verdict.checks.find(({ name }) => name === 'guard.fairness.unjudged')?.message).toContain(
      'to judge SEX = women (TPR)',
    );
    expect(groups?.groups.find(({ certainty }) => certainty === 'inconclusive')).toMatchObject({
      group: 'women',
      size: 49,
    });
  });
  test('shares its alpha among as many tests as there may be, whichever groups came', () => {
    const harmed = groupOf('women', cohort({ tpr: { labels: 200, worse: 40, better: 0 } }));
    const eValue = (more: object) =>
      analysis(groupsOf(harmed), more).guards.find(({ name }) => name === 'fairness')?.eValue;
    const one = eValue({ maxGroups: 1, rates: ['tpr'] }) ?? 0;
    expect(eValue({ maxGroups: 10 })).toBeCloseTo(one / 30, 8);
    const both = analysis(groupsOf(groupOf('men', cohort()), harmed), { maxGroups: 10 });
    expect(both.guards.find(({ name }) => name === 'fairness')?.eValue).toBeCloseTo(one / 30, 8);
  });
  test('has the greatest evidence of the large groups, also where all of it speaks for the canary, and 1 without any', () => {
    const eValue = (groups?: ObservedGroups) =>
      analysis(groups, { maxGroups: 1, rates: ['error'] }).guards.find(({ name }) => name === 'fairness')?.eValue;
    const [harmless] = judgeGroups(groupsOf(groupOf('men', cohort())), { ...guard, rates: ['error'] }, policyOf({}));
    expect(harmless?.harm).toBeLessThan(1);
    expect(eValue(groupsOf(groupOf('men', cohort())))).toBe(harmless?.harm);
    expect(eValue()).toBe(1);
    expect(eValue(groupsOf(groupOf('few', cohort({ error: same(3) }))))).toBe(1);
  });
  test('says nothing of groups that came too late where none came', () => {
    expect(analysis(undefined).verdict.checks.map(({ name }) => name)).not.toContain('guard.fairness.unjudged');
  });
  test('holds before promotion while nothing is known of an attribute, unless its rule lets it pass', () => {
    const unread = { ...groupsOf(groupOf('men', cohort())), unread: [{ attribute: 'DIS', why: 'it is dropped' }] };
    expect(troubles(analysis(unread).verdict)).toContain('canary.groups inconclusive');
    expect(analysis(undefined).decision).toBe('hold');
    const rules = { rules: { fairness: { missing: 'pass' } } };
    expect(analysis(unread, {}, rules).decision).toBe('advance');
  });
  test('names groups that came after those that it may judge', () => {
    const { verdict } = analysis({ ...groupsOf(groupOf('men', cohort())), leftOut: 3 });
    expect(verdict.checks.find(({ name }) => name === 'guard.fairness.unjudged')?.message).toMatch(
      /^3 groups came after/,
    );
  });
  test('is not asked of a hotfix or a first version', () => {
    const policy = policyOf({ fairness });
    for (const more of [{ hotfix: true }, { hasChampion: false }])
      expect(judgeAnalysis(quiet, policy, { ...last, ...more }).groups).toBeUndefined();
  });
});

describe('promotion with proof for each group', () => {
  const strong = { maxGroupLoss: 0.1, promote: true };
  test('is held until the mature labels of every large group rule out the loss', () => {
    const young = groupOf('women', cohort(), cohort({ tpr: same(5), fpr: same(5), error: same(10) }));
    const { decision, verdict } = analysis(groupsOf(groupOf('men', cohort()), young), strong);
    expect(decision).toBe('hold');
    expect(troubles(verdict)).toEqual(['canary.groupsNotWorse inconclusive']);
    expect(analysis(groupsOf(groupOf('men', cohort()), groupOf('women', cohort())), strong).decision).toBe('advance');
    expect(analysis(groupsOf(groupOf('men', cohort()), young), { maxGroupLoss: 0.1 }).decision).toBe('advance');
  });
  test('counts missing labels at their worst where the policy says so', () => {
    const partly = groupOf('men', cohort({ missing: 200 }));
    const judged = (missing: 'random' | 'worst') =>
      judgeGroups(groupsOf(partly), guard, { labels: { maturity: 0, missing } });
    for (const [i, random] of judged('random').entries()) {
      expect(judged('worst')[i]?.noHarm).toBeLessThan(random.noHarm);
      expect(judged('worst')[i]?.harm).toBeLessThan(random.harm);
    }
  });
});

test('contrasts compare the groups of one attribute that are large enough, by the rates themselves', () => {
  const groups = groupsOf(
    groupOf('men', cohort({ fpr: { labels: 300, worse: 30, better: 0 } })),
    groupOf('women', cohort({ tpr: { labels: 200, worse: 100, better: 0 } })),
    groupOf('few', cohort({ tpr: same(3), fpr: same(3), error: same(6) })),
    groupOf('old', cohort(), cohort(), 'AGEP'),
  );
  const contrasts = contrastsOf(groups, guard, 0.05);
  expect(contrasts.map(({ attribute, rate, group, against }) => [attribute, rate, group, against])).toEqual([
    ['SEX', 'tpr', 'men', 'women'],
    ['SEX', 'fpr', 'men', 'women'],
    ['SEX', 'error', 'men', 'women'],
  ]);
  expect(contrasts.map(({ estimate }) => estimate)).toEqual([0.5, 0.1, 0]);
  expect(contrasts[0]?.lower).toBeGreaterThan(0.1);
  const [wider] = contrastsOf(groups, { ...guard, maxGroups: 40 }, 0.05);
  expect(wider?.lower).toBeLessThan(contrasts[0]?.lower ?? 0);
});

test('contrasts say how many keys of both groups they leave out', () => {
  const groups = groupsOf(
    groupOf('men', cohort({ missing: 7, dropped: 2 })),
    groupOf('women', cohort({ missing: 1, failed: { champion: 3, canary: 4 } })),
    groupOf('others', cohort()),
  );
  const errors = contrastsOf(groups, guard, 0.05).filter(({ rate }) => rate === 'error');
  expect(errors.map(({ group, against, leftOut }) => [group, against, leftOut])).toEqual([
    ['men', 'women', 17],
    ['men', 'others', 9],
    ['women', 'others', 8],
  ]);
});

test('each contrast has alpha over the pairs that so many groups can make and the rates, however many came', () => {
  const [men, women, old] = [
    groupOf('men', cohort({ error: { labels: 500, worse: 30, better: 10 } })),
    groupOf('women', cohort({ error: { labels: 400, worse: 5, better: 60 } })),
    groupOf('old', cohort({ error: { labels: 300, worse: 0, better: 10 } })),
  ];
  // Four groups make six pairs.
  const each = 0.05 / (6 * 3);
  const differences = [men, women, old].map(({ group, all: { error } }) => ({
    group,
    ...pairedDifference({ labels: error.labels, worse: error.better, better: error.worse }),
  }));
  const errors = (...groups: ObservedGroup[]) =>
    contrastsOf(groupsOf(...groups), guard, 0.05).filter(({ rate }) => rate === 'error');
  for (const [groups, pairs] of [
    [[men, women, old], 3],
    [[men, women], 1],
  ] as const) {
    const expected = groupContrasts(differences.slice(0, groups.length), each * pairs, 0);
    expect(errors(...groups)).toMatchObject(
      expected.map(({ group, against, estimate }) => ({ group, against, estimate })),
    );
    errors(...groups).forEach(({ lower, upper }, i) => {
      expect(lower).toBeCloseTo(expected[i]?.lower ?? 9, 12);
      expect(upper).toBeCloseTo(expected[i]?.upper ?? 9, 12);
    });
  }
});

test('a judged group says by how much its rate changed, null without labels', () => {
  const changed = cohort({
    tpr: { labels: 200, worse: 30, better: 10 },
    fpr: { labels: 300, worse: 30, better: 60 },
    error: same(0),
  });
  const judged = judgeGroups(groupsOf(groupOf('men', changed)), guard, { labels: { maturity: 0, missing: 'random' } });
  expect(judged.map(({ rate, size, certainty, difference }) => [rate, size, certainty, difference])).toEqual([
    ['tpr', 200, 'conclusive', -0.1],
    ['fpr', 300, 'conclusive', -0.1],
    ['error', 0, 'inconclusive', null],
  ]);
});

describe('pairs', () => {
  test('that were not seen are neither alike nor different', () => {
    const { guards } = judgeAnalysis(quiet, policyOf({ minAgreement: 0.98, maxScoreShift: 0.01 }), last);
    const named = guards.filter(({ name }) => name === 'agreement' || name === 'scoreShift');
    expect(named.map(({ eValue }) => eValue)).toEqual([1, 1]);
  });
  const agreement = (pairs: number, disagree: number, steps: [number, number][] | null = null) => ({
    pairs,
    disagree,
    missing: 0,
    scores: steps === null ? null : { differences: steps, missing: 0 },
  });
  const judgedPairs = (seen: ReturnType<typeof agreement>, guards: object) => {
    const { guards: judged, decision, verdict } = judgeAnalysis({ ...quiet, agreement: seen }, policyOf(guards), last);
    return { decision, fired: judged.flatMap(({ name, fired }) => (fired ? [name] : [])), verdict };
  };
  test.each([
    ['agree well enough', 1000, 15, 'advance', []],
    ['disagree too often', 1000, 60, 'rollback', ['agreement']],
    ['were compared too seldom', 50, 0, 'hold', []],
  ])('that %s: %d keys, %d with different labels', (_, pairs, disagree, decision, fired) => {
    expect(judgedPairs(agreement(pairs, disagree), { minAgreement: 0.98 })).toMatchObject({ decision, fired });
  });
  test.each<[string, [number, number][], string, string[]]>([
    [
      'hardly shifted',
      [
        [-2, 300],
        [1, 700],
      ],
      'advance',
      [],
    ],
    [
      'shifted up',
      [
        [24, 500],
        [0, 500],
      ],
      'rollback',
      ['scoreShift'],
    ],
    [
      'shifted down',
      [
        [-25, 500],
        [-1, 500],
      ],
      'rollback',
      ['scoreShift'],
    ],
    ['not known', [], 'hold', []],
  ])('whose scores are %s', (_, steps, decision, fired) => {
    expect(judgedPairs(agreement(1000, 0, steps), { maxScoreShift: 0.01 })).toMatchObject({ decision, fired });
  });
});

test('evidence comes back whole, with groups and without', () => {
  expect(releaseObservationSchema.parse(quiet)).toEqual(quiet);
  const groups = groupsOf(groupOf('men', cohort()), groupOf('women', cohort()));
  const agreement = { pairs: 3, disagree: 1, missing: 0, scores: { differences: [[-3, 2]], missing: 1 } };
  const evidence = evidenceOf({ ...quiet, groups, agreement }, analysis(groups));
  expect(analysisEvidenceSchema.parse(evidence)).toEqual(evidence);
});
