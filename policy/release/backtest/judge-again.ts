import { canonicalJson } from '../../../contracts/canonical.ts';
import { guardTitle, type AnalysisEvidence } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { LoggedRelease } from './logged-release.ts';
import { judgeAt } from './replay-release.ts';

/**
 * Whether an analysis that was logged comes out the same to the last bit when its own observation is judged again under the policy that was in
 * force: guards with their e-values, verdict and decision. Null where the history does not show its phase.
 */
export function isReproduced(
  analysis: AnalysisEvidence,
  release: LoggedRelease,
  policy: ReleasePolicy,
  retry: number,
): boolean | null {
  const phase = release.phases.find(({ kind, step }) => kind === analysis.phase && step === analysis.step);
  if (phase === undefined) return null;
  const { guards, verdict, decision } = judgeAt(
    analysis.observation,
    policy,
    retry,
    { at: analysis.at, phase },
    goneOn(analysis),
  );
  // A frozen record holds what was proven.
  const decided = decision === 'advance' && analysis.decision === 'hold' ? 'hold' : decision;
  return isSame(
    { guards, verdict, decision: decided },
    { guards: analysis.guards, verdict: analysis.verdict, decision: analysis.decision },
  );
}

/** Guards that a person had overridden: fired, and no more than a warning. */
const goneOn = ({ guards, verdict }: AnalysisEvidence): string[] =>
  guards.flatMap((guard) =>
    guard.fired &&
    guard.action !== 'warn' &&
    verdict.checks.some(({ name, status }) => name === `guard.${guardTitle(guard)}` && status === 'warn')
      ? [guardTitle(guard)]
      : [],
  );

const isSame = (a: unknown, b: unknown): boolean => {
  const [one, other] = [canonicalJson(a), canonicalJson(b)];
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
};
