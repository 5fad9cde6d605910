import { expect, test } from 'vitest';
import type { AttributeAudit, Group } from '../../contracts/evidence/fairness.ts';
import { judgeFairness } from '../../policy/gates/fairness.ts';
import { definition, troubles } from './definition.ts';

const group = (name: string, loss: Group['loss']): Group => ({
  group: name,
  rows: 500,
  positives: 200,
  predictedPositives: 200,
  selectionRate: 0.4,
  tpr: 0.8,
  fpr: 0.1,
  precision: 0.8,
  errorRate: 0.15,
  championLoss: 0.15,
  loss,
});
const metric = (
  name: AttributeAudit['metrics'][number]['metric'],
  estimate: number | null,
  lower = estimate,
  upper = estimate,
) => ({
  metric: name,
  estimate,
  lower,
  upper,
  champion: null,
});
const audit = (
  metrics: AttributeAudit['metrics'],
  groups: Group[] = [],
  inconclusive: string[] = [],
): AttributeAudit => ({
  attribute: 'SEX',
  groups,
  metrics,
  inconclusive,
});
const gate = (limits: Record<string, number>, maxGroupLoss?: number) => ({
  ...definition.fairness,
  attributes: { SEX: { limits, maxGroupLoss } },
});
const difference = (estimate: number | null, lower?: number, upper?: number) =>
  audit([metric('equalizedOddsDifference', estimate, lower, upper)]);
const ratio = (estimate: number, lower: number, upper: number) =>
  audit([metric('demographicParityRatio', estimate, lower, upper)]);

test.each<[string, AttributeAudit, string[]]>([
  ['passes within the limit', difference(0.08, 0.02, 0.14), []],
  ['warns when the estimate is beyond it', difference(0.12, 0.06, 0.18), ['SEX.equalizedOddsDifference warn']],
  ['fails when the lower bound is too', difference(0.2, 0.11, 0.3), ['SEX.equalizedOddsDifference fail']],
  ['is inconclusive when it could not be judged', difference(null), ['SEX.equalizedOddsDifference inconclusive']],
])('a difference with a limit of .1 %s', (_, given, expected) => {
  expect(troubles(judgeFairness([given], gate({ equalizedOddsDifference: 0.1 })))).toEqual(expected);
});

test.each<[string, AttributeAudit, string[]]>([
  ['passes above the limit', ratio(0.85, 0.7, 0.95), []],
  ['warns when the estimate is below it', ratio(0.75, 0.6, 0.9), ['SEX.demographicParityRatio warn']],
  ['fails when the upper bound is too', ratio(0.6, 0.5, 0.75), ['SEX.demographicParityRatio fail']],
])('a ratio with a limit of .8 %s', (_, given, expected) => {
  expect(troubles(judgeFairness([given], gate({ demographicParityRatio: 0.8 })))).toEqual(expected);
});

test.each<[string, Group['loss'], string[]]>([
  ['passes within the limit', { estimate: 0.01, lower: -0.01, upper: 0.03 }, []],
  ['warns when the estimate is above it', { estimate: 0.03, lower: 0.01, upper: 0.05 }, ['SEX.groupLoss.female warn']],
  ['fails when the lower bound is too', { estimate: 0.05, lower: 0.03, upper: 0.07 }, ['SEX.groupLoss.female fail']],
])('the loss of a group with a limit of .02 %s', (_, loss, expected) => {
  expect(troubles(judgeFairness([audit([], [group('male', null), group('female', loss)])], gate({}, 0.02)))).toEqual(
    expected,
  );
});

test('limits are kept where an estimate or a bound is exactly there', () => {
  const at = (...interval: [number, number, number]) =>
    troubles(judgeFairness([difference(...interval)], gate({ equalizedOddsDifference: 0.1 })));
  expect(at(0.1, 0.05, 0.2)).toEqual([]);
  expect(at(0.15, 0.1, 0.2)).toEqual(['SEX.equalizedOddsDifference warn']);
  const parity = (...interval: [number, number, number]) =>
    troubles(judgeFairness([ratio(...interval)], gate({ demographicParityRatio: 0.8 })));
  expect(parity(0.8, 0.7, 0.9)).toEqual([]);
  expect(parity(0.7, 0.6, 0.8)).toEqual(['SEX.demographicParityRatio warn']);
  const loss = (estimate: number, lower: number) =>
    judgeFairness(
      [audit([], [group('a', { estimate: -0.3, lower: -1, upper: 1 }), group('b', { estimate, lower, upper: 1 })])],
      gate({}, 0.02),
    );
  expect(loss(0.02, 0).checks).toEqual([
    {
      name: 'SEX.groupLoss',
      status: 'pass',
      observed: 0.02,
      limit: 0.02,
      required: true,
      message: 'no group of SEX is worse off than under the champion by more than 2 %',
    },
  ]);
  expect(troubles(loss(0.03, 0.02))).toEqual(['SEX.groupLoss.b warn']);
});

test('a metric without an estimate, without one of its bounds, or not computed at all is not judged', () => {
  const judged = (metrics: AttributeAudit['metrics']) =>
    troubles(judgeFairness([audit(metrics)], gate({ equalizedOddsDifference: 0.1 })));
  const part = (estimate: number | null, lower: number | null, upper: number | null) => [
    metric('equalOpportunityDifference', 0.9),
    { ...metric('equalizedOddsDifference', estimate), lower, upper },
  ];
  for (const metrics of [[], part(null, 0.2, 0.4), part(0.3, null, 0.4), part(0.3, 0.2, null)])
    expect(judged(metrics)).toEqual(['SEX.equalizedOddsDifference inconclusive']);
  expect(judged(part(0.3, 0.2, 0.4))).toEqual(['SEX.equalizedOddsDifference fail']);
});

test('a limit that cannot be judged holds the gate, also beside those that pass', () => {
  const given = audit([
    metric('equalizedOddsDifference', null),
    metric('demographicParityDifference', 0.02, 0.01, 0.03),
  ]);
  const limits = { equalizedOddsDifference: 0.1, demographicParityDifference: 0.1 };
  const verdict = judgeFairness([given], gate(limits));
  expect([verdict.status, ...troubles(verdict)]).toEqual(['inconclusive', 'SEX.equalizedOddsDifference inconclusive']);
  const noGroup = judgeFairness([difference(0.01, 0, 0.02)], gate({ equalizedOddsDifference: 0.1 }, 0.02));
  expect([noGroup.status, ...troubles(noGroup)]).toEqual(['inconclusive', 'SEX.groupLoss inconclusive']);
});

test('a gate none of whose limits can be judged is held', () => {
  const ungrouped = audit([metric('equalizedOddsDifference', null)], [group('female', null), group('male', null)]);
  const metricAlone = judgeFairness([ungrouped], gate({ equalizedOddsDifference: 0.1 }));
  expect([metricAlone.status, ...troubles(metricAlone)]).toEqual([
    'inconclusive',
    'SEX.equalizedOddsDifference inconclusive',
  ]);
  const lossAlone = judgeFairness([ungrouped], gate({}, 0.02));
  expect([lossAlone.status, ...troubles(lossAlone)]).toEqual(['inconclusive', 'SEX.groupLoss inconclusive']);
  const both = judgeFairness([ungrouped], gate({ equalizedOddsDifference: 0.1 }, 0.02));
  expect([both.status, both.checks.length]).toEqual(['inconclusive', 2]);
});

test('without a champion the loss of groups is skipped, which is not a pass, however small groups are', () => {
  const verdict = judgeFairness([audit([], [group('female', null)], ['male'])], gate({}, 0.02), false);
  expect(verdict.status).toBe('skipped');
  expect(verdict.checks[0]).toMatchObject({ name: 'SEX.groupLoss', status: 'skipped' });
  expect(
    troubles(judgeFairness([difference(0.2, 0.15, 0.3)], gate({ equalizedOddsDifference: 0.1 }, 0.02), false)),
  ).toEqual(['SEX.equalizedOddsDifference fail', 'SEX.groupLoss skipped']);
});

test('small groups are reported and do not hold the gate', () => {
  const given = { ...difference(0.01, 0, 0.02), inconclusive: ['tiny'] };
  const verdict = judgeFairness([given], gate({ equalizedOddsDifference: 0.1 }));
  expect(verdict.status).toBe('pass');
  expect(verdict.checks).toContainEqual(
    expect.objectContaining({
      name: 'SEX.smallGroups',
      status: 'inconclusive',
      observed: 1,
      limit: 0,
      required: false,
      message: 'SEX: too few rows to say everything about tiny',
    }),
  );
});

test('metrics without a limit are not checks, and limits on what was not audited hold the gate', () => {
  expect(judgeFairness([difference(0.9)], { ...definition.fairness, attributes: {} })).toMatchObject({
    status: 'skipped',
    checks: [{ name: 'fairness.limits' }],
  });
  expect(troubles(judgeFairness([], gate({})))).toEqual(['SEX.audit inconclusive']);
});

test('an audit without a limit is skipped, which is not a pass, and says what to set', () => {
  const verdict = judgeFairness([difference(0.4, 0.3, 0.5)], {
    ...definition.fairness,
    attributes: { SEX: { limits: {} } },
  });
  expect(verdict.status).toBe('skipped');
  expect(verdict.checks).toMatchObject([
    {
      name: 'fairness.limits',
      status: 'skipped',
      message: expect.stringContaining('Set limits in fairness.attributes'),
    },
  ]);
});
