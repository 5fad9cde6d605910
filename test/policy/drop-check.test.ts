import { expect, test } from 'vitest';
import { dropChecks, misfitChecks } from '../../policy/release/checks/dropped-mirrors.ts';
import { policyOf, quiet } from './groups.ts';

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
  const [found] = misfitChecks({ ...quiet, arms, misfits: { requests, uncounted: 100 } }, policy, 'warn');
  expect(found).toMatchObject({ name: 'requests.misfit', status, observed: requests / 2000, limit: 0.2 });
  expect(found?.message.startsWith(message)).toBe(true);
  expect(misfitChecks(quiet, policy, 'warn')).toEqual([]);
});
