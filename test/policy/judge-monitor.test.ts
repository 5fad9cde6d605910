import { expect, test } from 'vitest';
import { judgeMonitor, liveAccuracy } from '../../policy/judge-monitor.ts';
import type { LiveFacts } from '../../policy/judge-monitor.ts';
import { definition, troubles } from './definition.ts';

const policy = { ...definition.monitor, minAccuracy: 0.8, psi: 0.25, cooldown: 1000 };
const facts: LiveFacts = {
  requests: 5000,
  accuracy: { estimate: 0.82, lower: 0.81, upper: 0.83 },
  drift: [{ column: 'AGEP', psi: 0.01, lower: 0, pValue: 1, adjusted: 1 }],
  policy,
  now: 10_000,
  lastRunAt: null,
};
const moved = [{ column: 'AGEP', psi: 0.5, lower: 0.4, pValue: 0, adjusted: 0 }];
const decayed = { estimate: 0.75, lower: 0.74, upper: 0.76 };

test.each<[string, Partial<LiveFacts>, string[], boolean]>([
  ['a healthy model is left alone', {}, [], false],
  ['too few requests say nothing', { requests: 10, drift: moved }, ['live.requests inconclusive'], false],
  ['drift starts a run', { drift: moved }, ['AGEP.psi fail'], true],
  ['decay starts a run', { accuracy: decayed }, ['live.accuracy fail'], true],
  [
    'an estimate below the limit only warns',
    { accuracy: { estimate: 0.79, lower: 0.77, upper: 0.81 } },
    ['live.accuracy warn'],
    false,
  ],
  ['missing labels are reported', { accuracy: null }, ['live.accuracy inconclusive'], false],
  ['within the cooldown no run is started', { accuracy: decayed, lastRunAt: 9_001 }, ['live.accuracy fail'], false],
  ['after the cooldown one is', { accuracy: decayed, lastRunAt: 9_000 }, ['live.accuracy fail'], true],
])('%s', (_, given, expected, started) => {
  const { verdict, trigger } = judgeMonitor({ ...facts, ...given });
  expect(troubles(verdict)).toEqual(expected);
  expect(trigger !== null).toBe(started);
});

test('missing labels do not hold the verdict, and the trigger says why', () => {
  expect(judgeMonitor({ ...facts, accuracy: null }).verdict.status).toBe('pass');
  expect(judgeMonitor({ ...facts, accuracy: decayed }).trigger).toMatch(/live accuracy is 75 % .* at least 80 %/);
});

test('live accuracy is the share of right answers, null without labels', () => {
  expect(liveAccuracy(Uint8Array.of(1, 1, 0, 1))?.estimate).toBe(0.75);
  expect(liveAccuracy(new Uint8Array())).toBeNull();
});
