import { expect, test } from 'vitest';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { last, policyOf, quiet } from './groups.ts';

test('a canary whose answers are worth less is rolled back for its utility, and not for accuracy', () => {
  const losses = { differences: [[240, 1_500]], champion: 100, canary: 1_000, of: 'utility', cap: 12, most: 10 };
  const paired = { ...quiet.paired, labels: 1_500, worse: 0, better: 0, losses } as never;
  const { verdict, decision } = judgeAnalysis(
    { ...quiet, paired, mature: paired },
    policyOf({ accuracyLoss: 0.01 }),
    last,
  );
  const found = verdict.checks.find(({ name }) => name === 'guard.accuracy');
  expect(decision).toBe('rollback');
  expect(found?.message).toMatch(
    /^mean utility is worse than the champion's: canary's mean utility 2, champion's 9\.2 on the same requests after 1500 labels \(e-value /,
  );
  const even = { ...(paired as object), losses: { ...losses, differences: [[0, 1_500]] } } as never;
  const calm = judgeAnalysis({ ...quiet, paired: even, mature: even }, policyOf({ accuracyLoss: 0.01 }), last);
  expect(calm.verdict.checks.find(({ name }) => name === 'guard.accuracy')?.message).toMatch(
    /^"mean utility on mirrored requests falls by at most 0\.12" is not refuted/,
  );
});
