import { expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { last, policyOf } from '../policy/groups.ts';
import { lastAnalysis } from './example-release.ts';
import { rolledBackRun } from './example.ts';
import { nestingErrors, textOf } from './markup.ts';

it('names the segment of a guard that judges one, and of its check', () => {
  const none = { error: [], slow: [], positive: [], negative: [] };
  const observation: ReleaseObservation = {
    ...lastAnalysis.observation,
    segments: [
      {
        segment: 'country=<b>',
        events: { ...none, error: [{ share: 0.25, champion: 4, canary: 90 }] },
        requests: { champion: 300, canary: 100 },
        slow: { champion: 0, canary: 0 },
      },
    ],
  };
  const policy = policyOf({ bySegment: { column: 'country', values: { '<b>': 1 } } });
  const page = renderReport({
    ...rolledBackRun,
    lastAnalysis: { ...lastAnalysis, observation, ...judgeAnalysis(observation, policy, last) },
  });
  expect(nestingErrors(page)).toEqual([]);
  expect(page).not.toContain('country=<b>');
  const text = textOf(page);
  expect(text).toMatch(/Errors where country=&lt;b&gt; ?rate of keys with an error .*, where country=&lt;b&gt;/i);
  expect(text).toContain('guard.errors[country=&lt;b&gt;]');
});
