import { describe, expect, it } from 'vitest';
import { renderReport } from '../../report/render.ts';
import type { ObservedMetrics } from '../../contracts/evidence/release.ts';
import { rolledBackRun } from './example.ts';
import { lastAnalysis } from './example-release.ts';
import { nestingErrors, textOf } from './markup.ts';

const metrics: ObservedMetrics = {
  asked: ['error', 'slow'],
  events: {
    error: [
      { share: 0.1, champion: 31, canary: 4 },
      { share: 0.5, champion: 46, canary: 48 },
    ],
  },
  bake: [],
  requests: [{ share: 0.1, champion: 7_123, canary: 814 }],
  proof: { events: {}, requests: [] },
  stepRequests: 377,
  from: 0,
  to: 1,
  missing: 'there is no slow_total',
};
const pageOf = (given: ObservedMetrics): string =>
  renderReport({
    ...rolledBackRun,
    lastAnalysis: { ...lastAnalysis, observation: { ...lastAnalysis.observation, metrics: given } },
  });

describe('the report of a release that was judged by a metric source', () => {
  it('shows its counts over all shares, and why some are missing', () => {
    const page = pageOf(metrics);
    expect(nestingErrors(page)).toEqual([]);
    const text = textOf(page);
    expect(text).toMatch(/Errors\s+77\s+52/);
    expect(text).toMatch(/7\D?123\s+814/);
    expect(text).toContain('there is no slow_total');
    expect(text).toMatch(/requests in the step\s+377/);
  });

  it('shows no zeros where nothing is known', () => {
    const text = textOf(pageOf({ ...metrics, events: {}, requests: [], stepRequests: null }));
    const said = text.slice(text.indexOf('Requests by the metric source'), text.indexOf('there is no slow_total'));
    expect(said).not.toMatch(/\d/);
  });
});
