import { expect, test } from 'vitest';
import type { ReleaseObservation } from '../../contracts/evidence/release.ts';
import type { LoggedPhase, LoggedRelease } from '../../policy/release/backtest/logged-release.ts';
import { replayRelease, type LoggedMoment } from '../../policy/release/backtest/replay-release.ts';
import { policyOf, quiet } from './groups.ts';

const minute = 60_000;
const phase = (kind: LoggedPhase['kind'], from: number, to: number, step = 0): LoggedPhase => ({
  kind,
  step,
  share: kind === 'shadow' ? 0 : kind === 'bake' ? 0.95 : 0.5,
  from: from * minute,
  to: to * minute,
});
const release = (...phases: LoggedPhase[]) => ({ phases }) as unknown as LoggedRelease;
const whole = [phase('shadow', 0, 10), phase('canary', 10, 20), phase('bake', 20, 25)];
const policy = policyOf(
  {},
  {
    shadow: { minRequests: 0, duration: '10m' },
    steps: [0.5],
    stepDuration: '10m',
    bake: '5m',
    analyzeEvery: '4m',
    promotion: { metrics: { accuracy: null } },
  },
);
const failing: ReleaseObservation = {
  ...quiet,
  events: { ...quiet.events, error: [{ share: 0.5, champion: 1, canary: 200 }] },
};
const replay = (phases: LoggedPhase[], observe: (at: LoggedMoment) => ReleaseObservation = () => quiet, of = policy) =>
  replayRelease(release(...phases), of, 1, observe);
const looked = (phases: LoggedPhase[], analyzeEvery: number): number[] => {
  const at: number[] = [];
  replay(phases, (moment) => (at.push(moment.at), quiet), { ...policy, analyzeEvery });
  return at;
};

test('a release is looked at every so often in each phase, and at its end', () => {
  expect(looked(whole, 4 * minute).map((at) => at / minute)).toEqual([4, 8, 10, 14, 18, 20, 24, 25]);
  expect(looked([phase('shadow', 0, 8)], 4 * minute).map((at) => at / minute)).toEqual([4, 8]);
  expect(looked([{ ...phase('shadow', 0, 1), to: 3_500 }], 10)).toEqual([1_000, 2_000, 3_000, 3_500]);
});

test('one that goes on at every end of a phase has passed, at its last analysis', () => {
  expect(replay(whole)).toMatchObject({ outcome: 'passed', at: 25 * minute, phase: whole[2], by: [], analyses: 8 });
  expect(replay([])).toBeNull();
});

test('one that would not go on at the end of a phase is held at the first of them, before anything later', () => {
  const short = [whole[0]!, phase('canary', 10, 15), phase('bake', 15, 16)];
  const { outcome, at, phase: where, analyses, reasons } = replay(short)!;
  expect([outcome, at, where, analyses]).toEqual(['held', 15 * minute, short[1], 6]);
  expect(reasons).toEqual([]);
});

test.each([
  ['rolledBack', {}],
  ['paused', { rules: { errors: { action: 'pause' } } }],
] as const)('one whose guard of errors fires in an analysis is %s there, by the guard', (outcome, guards) => {
  const of = { ...policy, guards: { ...policy.guards, ...policyOf(guards).guards } };
  const found = replay(whole, ({ at }) => (at >= 14 * minute ? failing : quiet), of);
  expect(found).toMatchObject({ outcome, at: 14 * minute, phase: whole[1], by: ['errors'], analyses: 4 });
  expect(found?.reasons[0]).toContain('errors are too frequent: ');
});
