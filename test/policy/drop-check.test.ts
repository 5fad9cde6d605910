import { expect, test } from 'vitest';
import { dropChecks, misfitChecks } from '../../policy/release/checks/dropped-mirrors.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { reasonsOf } from '../../policy/verdict.ts';
import { policyOf, quiet } from './groups.ts';
import { moment } from './moment.ts';

const policy = policyOf({}, { shadow: { maxDropped: 0.2 } });
const seen = (requests: number, dropped: number) => ({ ...quiet, mirrored: { ...quiet.mirrored, requests, dropped } });

test.each<[string, number, number, 'pass' | 'warn', number, string]>([
  ['none of none', 0, 0, 'pass', 0, '0 of 0 mirrored requests were dropped (0 %, at most 20 %)'],
  ['as many as are allowed', 80, 20, 'pass', 0.2, '20 of 100 mirrored requests were dropped (20 %, at most 20 %)'],
  [
    'one more',
    79,
    21,
    'warn',
    0.21,
    '21 of 100 mirrored requests were dropped (21 %, at most 20 %): `pawl log replay` makes up for them',
  ],
  [
    'all',
    0,
    5,
    'warn',
    1,
    '5 of 5 mirrored requests were dropped (100 %, at most 20 %): `pawl log replay` makes up for them',
  ],
])('%s of the copies dropped', (_, requests, dropped, status, observed, message) => {
  expect(dropChecks(seen(requests, dropped), policy, 'warn')).toEqual([
    { name: 'shadow.dropped', status, observed, limit: 0.2, message, required: true },
  ]);
});

test.each([
  [400, 'pass', '400 of 2000 requests can be taken by one of the versions alone (20 %, at most 20 %)'],
  [401, 'warn', '401 of 2000 requests can be taken by one of the versions alone (20.05 %, at most 20 %): let callers'],
] as const)('%i requests that one version alone can take: %s', (requests, status, message) => {
  const arms = {
    champion: { ...quiet.arms.champion, requests: 900 },
    canary: { ...quiet.arms.canary, requests: 1000 },
  };
  const [found] = misfitChecks({ ...quiet, arms, misfits: { requests, uncounted: 100, missing: [] } }, policy, 'warn');
  expect(found).toMatchObject({ name: 'requests.misfit', status, observed: requests / 2000, limit: 0.2 });
  expect(found?.message.startsWith(message)).toBe(true);
  expect(misfitChecks(quiet, policy, 'warn')).toEqual([]);
});

test.each([
  [
    'columns',
    ['columns'],
    '30 lack the column "a", which version 2 needs: let callers send the columns of both, or declare the columns nullable and train again',
  ],
  [
    'tensors',
    ['tensors'],
    '30 lack the tensor "a", which version 2 needs: let callers send the tensors of both, or import a model that does without',
  ],
  [
    'columns and tensors',
    ['columns', 'tensors'],
    '30 lack the column "a", which version 2 needs; 30 lack the tensor "a", which version 2 needs: let callers send the inputs of both',
  ],
] as const)('names the %s that requests lack, with what to do', (_, kinds, said) => {
  const missing = kinds.map((kind) => ({ version: 2, kind, input: 'a', requests: 30 }));
  const none = { ...quiet.arms.canary, requests: 0 };
  const arms = { champion: { ...none, requests: 100 }, canary: none };
  const [found] = misfitChecks({ ...quiet, arms, misfits: { requests: 30, uncounted: 0, missing } }, policy, 'warn');
  expect(found?.message).toBe(
    `30 of 100 requests can be taken by one of the versions alone (30 %, at most 20 %); ${said}`,
  );
});

test.each([
  [30, '30 of 100 mirrored requests were dropped (30 %, at most 20 %), 30 of them as their inputs do not fit'],
  [
    10,
    '30 of 100 mirrored requests were dropped (30 %, at most 20 %), 10 of them as their inputs do not fit: `pawl log replay` makes up for the others',
  ],
])('offers no replay of the %i dropped copies that the version cannot take', (requests, message) => {
  const misfits = { requests, uncounted: 0, missing: [] };
  expect(dropChecks({ ...seen(70, 30), misfits }, policy, 'warn')[0]?.message).toBe(message);
});

test('what requests lack is the first reason where it leaves too few mirrored requests', () => {
  const missing = [{ version: 2, kind: 'tensors', input: 'mask', requests: 30 } as const];
  const none = { ...quiet.arms.canary, requests: 0 };
  const arms = { champion: { ...none, requests: 30 }, canary: none };
  const { verdict } = judgeAnalysis(
    { ...seen(0, 30), arms, misfits: { requests: 30, uncounted: 0, missing } },
    policy,
    moment('shadow'),
  );
  expect(reasonsOf(verdict)[0]).toMatch(/30 lack the tensor "mask", which version 2 needs/);
});
