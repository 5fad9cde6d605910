import { describe, expect, test } from 'vitest';
import type { GroupCohort, ObservedGroups } from '../../contracts/evidence/groups.ts';
import type { LossScale } from '../../contracts/evidence/loss-scale.ts';
import { analysisEvidenceSchema, releaseObservationSchema } from '../../contracts/evidence/release.ts';
import { createRandom } from '../../ml/random.ts';
import { contrastsOf, judgeGroups } from '../../policy/release/guards/groups.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { addPair, noLosses } from '../../policy/release/observe/paired-counts.ts';
import { troubles } from './definition.ts';
import { evidenceOf, groupOf, groupsOf, guard, last, policyOf, quiet } from './groups.ts';

/** Keys whose canary loses so much more than a champion that loses .2 of the cap on average. */
function losing(more: number, labels = 500, missing = 0, seed = 1): GroupCohort {
  const random = createRandom(seed, 4);
  const cohort: GroupCohort = { error: { labels: 0, worse: 0, better: 0, losses: noLosses() }, missing, dropped: 0 };
  const bounded = (loss: number): number => Math.min(1, Math.abs(loss));
  for (let key = 0; key < labels; key++) {
    const champion = bounded(0.2 + 0.1 * random.normal());
    addPair(cohort.error, { champion, canary: bounded(champion + more + 0.05 * random.normal()) });
  }
  return cohort;
}
const error: LossScale = { of: 'error', cap: 40 };
const pinball: LossScale = { of: 'pinball', cap: 40 };
const cost: LossScale = { of: 'cost', cap: 80 };
const rightAndWrong = (labels: number, worse: number, better: number): GroupCohort => ({
  error: { labels, worse, better },
  missing: 0,
  dropped: 0,
});
const scaled = (scale: LossScale | undefined, ...groups: ObservedGroups['groups']): ObservedGroups => ({
  ...groupsOf(...groups),
  ...(scale === undefined ? {} : { scale }),
});
const byError = { ...guard, rates: ['error' as const] };
const analysis = (groups: ObservedGroups, more: object = {}, labels: object = {}) =>
  judgeAnalysis(
    { ...quiet, groups },
    policyOf(
      { predictions: 'mix', fairness: { ...byError, ...more } },
      Object.keys(labels).length === 0 ? {} : { labels },
    ),
    last,
  );
const messageOf = ({ verdict }: ReturnType<typeof analysis>, name: string) =>
  verdict.checks.find((check) => check.name === name)?.message;

describe('the guard of groups rolls back where one group loses more than tolerated', () => {
  test.each<[string, LossScale | undefined, GroupCohort, GroupCohort, RegExp, RegExp]>([
    [
      'of errors',
      error,
      losing(0),
      losing(0.15),
      /a group is worse off than with the champion: most against SEX = women by the mean error, changed by 6\.\d+ on 500 labelled keys \(one above 40 counts as that\) \(e-value/,
      /no group is worse off by more than 2 in mean error/,
    ],
    [
      'of pinball losses',
      pinball,
      losing(0),
      losing(0.15),
      /women by the mean pinball loss, changed by 3\.\d+ on 500 labelled keys \(one above 20 counts as that\)/,
      /by more than 1 in mean pinball loss/,
    ],
    [
      'of costs',
      cost,
      losing(0),
      losing(0.15),
      /women by the mean cost, changed by 12\.?\d* on 500 .*one above 80 counts/,
      /by more than 4 in mean cost/,
    ],
    [
      'of several labels',
      undefined,
      rightAndWrong(500, 20, 20),
      rightAndWrong(500, 110, 20),
      /women by the error rate, changed by 18 % on 500 labelled keys \(e-value/,
      /by more than 5 % in error rate/,
    ],
  ])('%s', (_, scale, fine, harmed, message, estimand) => {
    const judged = analysis(scaled(scale, groupOf('men', fine), groupOf('women', harmed)));
    expect(judged.guards.flatMap(({ name, fired }) => (fired ? [name] : []))).toEqual(['fairness']);
    expect(judged.decision).toBe('rollback');
    expect(messageOf(judged, 'guard.fairness')).toMatch(message);
    const estimands = judged.guards.map((one) => one.estimand);
    expect(estimands.find((one) => one.startsWith('no group'))).toMatch(estimand);
    const alike = analysis(scaled(scale, groupOf('men', fine), groupOf('women', fine)));
    expect([alike.decision, troubles(alike.verdict)]).toEqual(['advance', []]);
  });
});

describe('groups of numbers', () => {
  test('have one test each, of the error, and none of rates that numbers do not have', () => {
    const groups = scaled(error, groupOf('men', losing(0.1)));
    const judged = judgeGroups(groups, guard, policyOf({}));
    expect(judged).toMatchObject([{ rate: 'error', size: 500, certainty: 'conclusive' }]);
    expect(judged[0]?.difference).toBeCloseTo(0.1, 2);
    const eValue = (more: object) =>
      analysis(groups, more).guards.find(({ name }) => name === 'fairness')?.eValue ?? NaN;
    expect(eValue({ maxGroups: 10 })).toBeCloseTo((judged[0]?.harm ?? NaN) / 10, 6);
  });
  test('are named in the unit of the target where they are too small, and where no loss of them is ruled out', () => {
    const strong = { promote: true, maxGroupLoss: 0.1 };
    const few = analysis(scaled(error, groupOf('men', losing(0)), groupOf('women', losing(0, 49))), strong);
    expect(few.decision).toBe('advance');
    expect(messageOf(few, 'guard.fairness.unjudged')).toBe('too few labelled keys to judge SEX = women (mean error)');
    expect(messageOf(few, 'canary.groupsNotWorse')).toMatch(/^labels rule out that a group is worse off by 4 \(/);
    const worse = analysis(scaled(error, groupOf('men', losing(0)), groupOf('women', losing(0.09))), strong);
    expect(worse.decision).toBe('hold');
    expect(messageOf(worse, 'canary.groupsNotWorse')).toMatch(
      /^labels do not rule out a loss of 4 for SEX = women \(mean error\)/,
    );
  });
  test('count a missing label as the greatest gain against the guard, and as the greatest loss in the proof', () => {
    const [known, absent] = [losing(0.1), { ...losing(0.1), missing: 40 }].map((all) => {
      const [judged] = judgeGroups(scaled(error, groupOf('men', all)), byError, {
        labels: { maturity: 0, missing: 'worst' },
      });
      return judged;
    });
    expect(absent?.harm).toBeLessThan(known?.harm ?? 0);
    expect(absent?.noHarm).toBeLessThan(known?.noHarm ?? 0);
  });
  test('count a dropped key so too, also where missing labels are left out', () => {
    const judge = (more: Partial<GroupCohort>) =>
      judgeGroups(scaled(error, groupOf('men', { ...losing(0.1), ...more })), byError, {
        labels: { maturity: 0, missing: 'random' },
      });
    const [known] = judge({});
    const [lost] = judge({ dropped: 40 });
    expect(judge({ missing: 40 })).toEqual([known]);
    expect(lost).toMatchObject({ size: 500, difference: known?.difference });
    expect(lost?.harm).toBeLessThan(known?.harm ?? 0);
    expect(lost?.noHarm).toBeLessThan(known?.noHarm ?? 0);
    expect(judge({ ...losing(0.1, 20), dropped: 400 })).toMatchObject([{ certainty: 'inconclusive' }]);
  });
  test('have contrasts of their mean losses, which hold 0 where both lose alike', () => {
    const groups = scaled(
      error,
      groupOf('men', losing(0.1, 2_000)),
      groupOf('women', losing(0.1, 2_000, 0, 2)),
      groupOf('old', losing(0, 2_000, 0, 3)),
    );
    const contrasts = contrastsOf(groups, byError, 0.05);
    expect(contrasts.map(({ group, against }) => `${group} less ${against}`)).toEqual([
      'men less women',
      'men less old',
      'women less old',
    ]);
    const [same, more] = contrasts;
    expect(same?.lower).toBeLessThan(0);
    expect(same?.upper).toBeGreaterThan(0);
    expect(more?.estimate).toBeCloseTo(0.1, 2);
    expect(more?.lower).toBeGreaterThan(0.05);
  });
});

test('evidence with losses of groups comes back whole', () => {
  const groups = scaled(error, groupOf('men', losing(0)), groupOf('women', losing(0.1)));
  const observation = { ...quiet, groups };
  expect(releaseObservationSchema.parse(observation)).toEqual(observation);
  const evidence = evidenceOf(observation, analysis(groups));
  expect(analysisEvidenceSchema.parse(evidence)).toEqual(evidence);
});
