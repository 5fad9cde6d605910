import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { judgeAnalysis, type JudgedAnalysis } from '../judge-analysis.ts';
import { reasonsOf } from '../../verdict.ts';
import type { LoggedPhase, LoggedRelease } from './logged-release.ts';
import { stoppedBy } from './play-release.ts';

/** A moment of a logged release at which the log is looked at. */
export interface LoggedMoment {
  readonly at: number;
  readonly phase: LoggedPhase;
}

export interface ReplayedRelease {
  /**
   * `rolledBack` and `paused` by the policy; `held`: at the end of a phase it would not have gone on yet; `passed`: it would have gone on
   * at every end of a phase.
   */
  readonly outcome: 'rolledBack' | 'paused' | 'held' | 'passed';
  /** When it stopped, or would first have held, milliseconds since the epoch; else the end of the log. */
  readonly at: number;
  readonly phase: LoggedPhase;
  readonly by: readonly string[];
  readonly reasons: readonly string[];
  readonly analyses: number;
}

/**
 * What a policy would have made of a logged release. Traffic is as it was: phases and shares are the log's, and the policy judges them
 * every `analyzeEvery` and at the end of each. `observe` says what the log knew at a moment. Null for a release without phases.
 */
export function replayRelease(
  { phases }: LoggedRelease,
  policy: ReleasePolicy,
  retry: number,
  observe: (moment: LoggedMoment) => ReleaseObservation,
): ReplayedRelease | null {
  let analyses = 0;
  let held: Omit<ReplayedRelease, 'analyses'> | null = null;
  let last: Omit<ReplayedRelease, 'analyses'> | null = null;
  for (const phase of phases) {
    for (const at of looksIn(phase, policy.analyzeEvery)) {
      analyses += 1;
      const judged = judgeAt(observe({ at, phase }), policy, retry, { at, phase });
      const found = { at, phase, reasons: reasonsOf(judged.verdict) };
      if (judged.decision === 'rollback' || judged.decision === 'pause') {
        const outcome = judged.decision === 'pause' ? 'paused' : 'rolledBack';
        return { outcome, ...found, by: stoppedBy(judged), analyses };
      }
      if (at === phase.to && judged.decision === 'hold') held ??= { outcome: 'held', ...found, by: [] };
      last = { outcome: 'passed', ...found, by: [] };
    }
  }
  const result = held ?? last;
  return result === null ? null : { ...result, analyses };
}

function* looksIn({ from, to }: LoggedPhase, analyzeEvery: number): Generator<number> {
  const every = Math.max(1_000, analyzeEvery);
  for (let at = from + every; at < to; at += every) yield at;
  yield to;
}

/** `judgeAnalysis` at a moment of a logged release. */
export const judgeAt = (
  seen: ReleaseObservation,
  policy: ReleasePolicy,
  retry: number,
  { at, phase }: LoggedMoment,
  acknowledged: readonly string[] = [],
): JudgedAnalysis =>
  judgeAnalysis(seen, policy, {
    phase: phase.kind,
    elapsedMs: at - phase.from,
    step: phase.step,
    steps: policy.steps.length,
    hasChampion: true,
    retry,
    hotfix: false,
    acknowledged,
  });
