import { expect, test } from 'vitest';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { last, policyOf, quiet } from './groups.ts';
import { moment } from './moment.ts';

const named = (name: string, ...given: Parameters<typeof judgeAnalysis>) =>
  judgeAnalysis(...given).verdict.checks.find((check) => check.name === name);

test('a guard says from which evidence on it fires, and one without alpha that it never does', () => {
  const off = policyOf({ rules: { errors: { weight: 0 } } });
  expect(named('guard.errors', quiet, off, last)).toMatchObject({
    status: 'pass',
    limit: null,
    message: expect.stringContaining('it never fires: it was given no alpha'),
  });
  const { guards } = judgeAnalysis(quiet, off, last);
  const alpha = guards.find(({ name }) => name === 'accuracy')?.alpha ?? 0;
  expect(named('guard.accuracy', quiet, off, last)?.limit).toBe(1 / alpha);
});

test('a first version is judged by its share of errors, and by nothing before its first request', () => {
  const alone = moment('bake', { hasChampion: false });
  const errors = (count: number, requests: number) => {
    const canary = { ...quiet.arms.canary, requests, errors: count };
    return named('first.errors', { ...quiet, arms: { ...quiet.arms, canary } }, policyOf({}), alone);
  };
  expect(errors(30, 400)).toMatchObject({ status: 'pass', observed: 0.075, limit: 0.1 });
  expect(errors(100, 400)).toMatchObject({ status: 'fail', observed: 0.25 });
  expect(errors(0, 0)).toMatchObject({ status: 'pass', observed: null });
});

test('what the log sets aside is counted', () => {
  const setAside = { labels: 2, records: 3 };
  expect(named('log.setAside', { ...quiet, setAside }, policyOf({}), last)).toMatchObject({
    status: 'warn',
    observed: 5,
    limit: 0,
  });
  expect(named('log.setAside', quiet, policyOf({}), last)).toBeUndefined();
});
