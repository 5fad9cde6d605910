import { expect, test } from 'vitest';
import { check, enough, percent, reported, short } from '../../policy/check.ts';

test('numbers in sentences have four digits at most, shares are percent', () => {
  expect([0.123456, 12345.6, 3, -0.00001234567].map(short)).toEqual(['0.1235', '12350', '3', '-0.00001235']);
  expect([0, 0.5, 0.123456].map(percent)).toEqual(['0 %', '50 %', '12.35 %']);
});

test('a check decides, and one that is reported does not', () => {
  expect([check, reported].map((make) => make('a', 'warn', 1, 2, 'm').required)).toEqual([true, false]);
});

test.each([
  [7, 'pass', '7 labels of at least 7'],
  [8, 'pass', '8 labels of at least 7'],
  [6, 'inconclusive', '6 labels of at least 7: held until there are more'],
  [6, 'warn', '6 labels of at least 7: the policy goes on without'],
  [6, 'fail', '6 labels of at least 7: the time is over, and the policy goes back'],
] as const)('%i of 7 are %s', (observed, status, message) => {
  const missing = status === 'pass' ? 'fail' : status;
  expect(enough('a.b', observed, 7, 'labels', missing)).toEqual({
    name: 'a.b',
    status,
    observed,
    limit: 7,
    required: true,
    message,
  });
});
