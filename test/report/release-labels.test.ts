import { describe, expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import { rolledBackRun } from './example.ts';
import { lastAnalysis } from './example-release.ts';
import { nestingErrors, textOf } from './markup.ts';

const textWith = (labels: { unsigned?: number; corrected?: number }): string => {
  const page = renderReport({
    ...rolledBackRun,
    lastAnalysis: { ...lastAnalysis, observation: { ...lastAnalysis.observation, ...labels } },
  });
  expect(nestingErrors(page)).toEqual([]);
  return textOf(page);
};

describe('the report of a release that was judged by labels', () => {
  it('says how many labels anybody may have sent, and how many were corrected', () => {
    const text = textWith({ unsigned: 1_200, corrected: 1 });
    expect(text).toMatch(/1\D?200 labels came without a token: anybody may send them, so live quality can be forged/);
    expect(text).toContain('1 label says something else than the one of the request that counts');
    expect(textWith({})).not.toContain('can be forged');
  });
});
