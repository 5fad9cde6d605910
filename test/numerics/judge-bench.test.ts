import { expect, test } from 'vitest';
import { checkEqual } from '../../bench/judge/bench-judge.ts';
import { makeCase } from '../../bench/judge/case.ts';
import { stages } from '../../bench/judge/stages.ts';

test('the bench judges the same rows each time, stage by stage, and every figure is a number', async () => {
  const effort = { resamples: 5, repeats: 2 };
  for (const [name, stage] of Object.entries(stages)) {
    const figures = await stage(await makeCase(2_000), effort);
    expect(Object.values(figures).every((value) => Number.isFinite(value))).toBe(true);
    checkEqual(name, figures, await stage(await makeCase(2_000), effort));
    expect(() => checkEqual(name, figures, {})).toThrow(`${name}: ${Object.keys(figures).length} of`);
  }
});

test('the bench fails where a figure differs, is missing or is undefined on one side', () => {
  const ours = { 'candidate: auc': 0.75, 'candidate: f1': 0.5 };
  checkEqual('metrics', ours, { ...ours, 'candidate: auc': 0.75 + 1e-10 });
  for (const theirs of [
    { ...ours, 'candidate: auc': 0.75 + 1e-8 },
    { ...ours, 'candidate: auc': null },
    { 'candidate: f1': 0.5 },
  ])
    expect(() => checkEqual('metrics', ours, theirs)).toThrow(
      /metrics: 1 of 2 figures differ\ncandidate: auc: ours 0\.75/,
    );
  expect(() => checkEqual('metrics', ours, { ...ours, more: 1 })).toThrow(/metrics: 1 of 3 figures differ/);
});
