import { expect, test } from 'vitest';
import type { AnalysisEvidence, ReleaseObservation } from '../../contracts/evidence/release.ts';
import { isReproduced } from '../../policy/release/backtest/judge-again.ts';
import type { LoggedPhase, LoggedRelease } from '../../policy/release/backtest/logged-release.ts';
import { judgeAnalysis } from '../../policy/release/judge-analysis.ts';
import { policyOf, quiet } from './groups.ts';

const minute = 60_000;
const phase = (kind: LoggedPhase['kind'], step: number, share: number, from: number, to: number): LoggedPhase => ({
  kind,
  step,
  share,
  from: from * minute,
  to: to * minute,
});
const phases = [
  phase('shadow', 0, 0, 0, 10),
  phase('canary', 0, 0.2, 10, 30),
  phase('canary', 1, 0.5, 30, 50),
  phase('bake', 0, 0.95, 50, 60),
];
const release = { phases } as unknown as LoggedRelease;
const asking = (errors: 'rollback' | 'pause' | 'warn') =>
  policyOf(
    { rules: { errors: { action: errors } } },
    {
      shadow: { minRequests: 0, duration: '10m' },
      steps: [0.2, 0.5],
      stepDuration: '20m',
      bake: '10m',
      promotion: { metrics: { accuracy: null } },
    },
  );
const failing: ReleaseObservation = {
  ...quiet,
  events: { ...quiet.events, error: [{ share: 0.5, champion: 1, canary: 200 }] },
};

interface Made {
  readonly at: number;
  readonly observation?: ReleaseObservation;
  readonly acknowledged?: string[];
  readonly errors?: 'rollback' | 'pause' | 'warn';
}

/** An analysis as a release writes it `at` minutes into it, with what it knows itself of its phase. */
function analysis({ at, observation = quiet, acknowledged = [], errors = 'rollback' }: Made): AnalysisEvidence {
  const own = phases.find(({ from, to }) => at * minute > from && at * minute <= to)!;
  const judged = judgeAnalysis(observation, asking(errors), {
    phase: own.kind,
    elapsedMs: at * minute - own.from,
    step: own.step,
    steps: 2,
    hasChampion: true,
    retry: 1,
    hotfix: false,
    acknowledged,
  });
  return {
    schema: 'pawl.evidence.analysis/1',
    model: 'm',
    version: 2,
    champion: 1,
    holder: 'r2',
    phase: own.kind,
    step: own.step,
    at: at * minute,
    observation,
    ...judged,
  };
}
const again = (made: Made, logged: Partial<AnalysisEvidence> = {}): boolean | null =>
  isReproduced({ ...analysis(made), ...logged }, release, asking(made.errors ?? 'rollback'), 1);

test.each([
  [5, 'hold'],
  [10, 'advance'],
  [11, 'hold'],
  [30, 'advance'],
  [45, 'hold'],
  [50, 'advance'],
  [51, 'hold'],
  [60, 'advance'],
] as const)(
  'an analysis after %i minutes is judged in its own phase and step, and comes out the same: %s',
  (at, decision) => {
    expect(analysis({ at }).decision).toBe(decision);
    expect(again({ at })).toBe(true);
  },
);

test.each([
  ['canary', 2],
  ['shadow', 1],
  ['bake', 1],
] as const)('an analysis whose phase the history does not show cannot be judged again: %s %i', (kind, step) => {
  expect(again({ at: 45 }, { phase: kind, step })).toBeNull();
});

test.each<[string, Made, AnalysisEvidence['decision'], AnalysisEvidence['decision'], boolean]>([
  ['a frozen record holds what was proven', { at: 50 }, 'advance', 'hold', true],
  ['nothing goes on that was not proven', { at: 45 }, 'hold', 'advance', false],
  ['a proven analysis does not roll back', { at: 50 }, 'advance', 'rollback', false],
  ['a proven analysis asks for nobody', { at: 50 }, 'advance', 'pause', false],
  ['harm is not held', { at: 45, observation: failing }, 'rollback', 'hold', false],
  ['a question is not held', { at: 45, observation: failing, errors: 'pause' }, 'pause', 'hold', false],
])('%s', (_, made, judged, decision, expected) => {
  expect(analysis(made).decision).toBe(judged);
  expect(again(made, { decision })).toBe(expected);
});

test.each<[string, Made, AnalysisEvidence['decision']]>([
  ['rolled back by a guard', { at: 45, observation: failing }, 'rollback'],
  ['stopped by a guard to ask', { at: 45, observation: failing, errors: 'pause' }, 'pause'],
  ['in which a guard only warned', { at: 50, observation: failing, errors: 'warn' }, 'advance'],
  [
    'in which a person went on in spite of a question',
    { at: 50, observation: failing, errors: 'pause', acknowledged: ['errors'] },
    'advance',
  ],
  ['in which a person went on in spite of harm', { at: 50, observation: failing, acknowledged: ['errors'] }, 'advance'],
])('an analysis %s comes out the same', (_, made, decision) => {
  expect(analysis(made).decision).toBe(decision);
  expect(again(made)).toBe(true);
});

test('a last bit of an e-value, a word of the verdict, or a guard too few is not the same', () => {
  const made = { at: 45, observation: failing };
  const { guards, verdict } = analysis(made);
  const [first, ...others] = guards;
  expect(again(made, { guards: [{ ...first!, eValue: first!.eValue * (1 + Number.EPSILON) }, ...others] })).toBe(false);
  expect(again(made, { guards: others })).toBe(false);
  const [check, ...checks] = verdict.checks;
  const reworded = { ...check!, message: check!.message.toUpperCase() };
  expect(again(made, { verdict: { ...verdict, checks: [reworded, ...checks] } })).toBe(false);
});
