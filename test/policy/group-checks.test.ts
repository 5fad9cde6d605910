import { expect, test } from 'vitest';
import type { JudgedGroup } from '../../contracts/evidence/groups.ts';
import { groupPromotionChecks, unjudgedGroups, worstGroup } from '../../policy/release/checks/groups.ts';
import { cohort, groupOf, groupsOf, guard } from './groups.ts';

const judged = (group: string, more: Partial<JudgedGroup> = {}): JudgedGroup => ({
  attribute: 'SEX',
  group,
  rate: 'error',
  size: 100,
  certainty: 'conclusive',
  difference: 0.02,
  harm: 1,
  noHarm: 30,
  ...more,
});
const small = { certainty: 'inconclusive' } as const;

test('the worst group is the large one that the evidence speaks against most', () => {
  expect(
    worstGroup([judged('men', { harm: 2 }), judged('women', { harm: 5 }), judged('few', { harm: 9, ...small })]),
  ).toBe('most against SEX = women by the error rate, changed by 2 % on 100 labelled keys');
  expect(worstGroup([judged('few', small)])).toBe('no group has enough labelled keys yet');
});

test('what cannot be judged is named and counted: small groups by their rates, those that came late, unread attributes', () => {
  const groups = { ...groupsOf(), leftOut: 2, unread: [{ attribute: 'DIS', why: 'it is dropped' }] };
  const found = [judged('few', small), judged('few', { ...small, rate: 'tpr' }), judged('men')];
  expect(unjudgedGroups(groups, found)).toEqual([
    {
      name: 'guard.fairness.unjudged',
      status: 'inconclusive',
      observed: 5,
      limit: 0,
      required: false,
      message:
        'too few labelled keys to judge SEX = few (error rate, TPR); 2 groups came after the first that guards.fairness.maxGroups lets be judged; DIS is not judged: it is dropped',
    },
  ]);
  expect(unjudgedGroups(groupsOf(), [judged('men')])).toEqual([]);
  const many = Array.from({ length: 9 }, (_, i) => judged(`g${i}`, small));
  expect(unjudgedGroups(groupsOf(), many.slice(1))[0]?.message).toMatch(/SEX = g8 \(error rate\)$/);
  expect(unjudgedGroups(groupsOf(), many)[0]?.message).toMatch(/SEX = g7 \(error rate\) and 1 more$/);
});

const asked = { fairness: { ...guard, maxGroupLoss: 0.05, promote: true }, alpha: 0.05, undeclared: null };
const seen = groupsOf(groupOf('men', cohort()), groupOf('18', cohort(), cohort(), 'AGEP'));

test('each attribute needs a large group, else its rule for missing evidence holds', () => {
  const only = { ...asked, fairness: { ...asked.fairness, promote: false } };
  const both = [judged('men'), judged('18', { attribute: 'AGEP' })];
  expect(groupPromotionChecks(seen, both, only, 'inconclusive')).toMatchObject([
    { name: 'canary.groups', status: 'pass', observed: 2, limit: 2, message: 'groups of SEX, AGEP are judged' },
  ]);
  expect(groupPromotionChecks(seen, [judged('men')], only, 'inconclusive')).toMatchObject([
    {
      status: 'inconclusive',
      observed: 1,
      limit: 2,
      message: 'nothing is known of AGEP: held until there are more',
    },
  ]);
  expect(groupPromotionChecks(groupsOf(), [], only, 'fail')).toMatchObject([
    {
      status: 'fail',
      observed: 0,
      limit: 0,
      message: expect.stringMatching(/^no attribute .* was seen: the time is over/),
    },
  ]);
});

test('with promote every large group must rule out the loss, by the least evidence, at the whole alpha', () => {
  const proof = (...groups: JudgedGroup[]) => groupPromotionChecks(seen, groups, asked, 'inconclusive')[1];
  expect(proof(judged('men', { noHarm: 20 }), judged('few', { ...small, noHarm: 1 }))).toMatchObject({
    name: 'canary.groupsNotWorse',
    status: 'pass',
    observed: 20,
    limit: 20,
    message: 'labels rule out that a group is worse off by 5 % (least evidence 20)',
  });
  expect(proof(judged('men', { noHarm: 25 }), judged('women', { noHarm: 19.9 }))).toMatchObject({
    status: 'inconclusive',
    observed: 19.9,
    message: 'labels do not rule out a loss of 5 % for SEX = women (error rate): held until there are more',
  });
  expect(proof()).toMatchObject({
    status: 'inconclusive',
    observed: null,
    message: expect.stringContaining('for any group'),
  });
});

test('with promote nothing is proven while the age of labels is not declared', () => {
  const [groups, proof] = groupPromotionChecks(seen, [judged('men')], { ...asked, undeclared: 'declare it' }, 'warn');
  expect(groups?.name).toBe('canary.groups');
  expect(proof).toMatchObject({
    name: 'canary.groupsNotWorse',
    status: 'warn',
    observed: null,
    limit: 20,
    message: 'declare it: the policy goes on without',
  });
});
