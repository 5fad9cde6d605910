import { canonicalJson } from '../../../contracts/canonical.ts';
import { guardTitle, type LookEvidence } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { LoggedRelease } from './logged-release.ts';
import { judgeAt } from './replay-release.ts';

/**
 * Whether a look that was logged comes out the same to the last bit when its own observation is judged again under the policy that was in
 * force: guards with their e-values, verdict and decision. Null where the history does not show its phase.
 */
export function isReproduced(
  look: LookEvidence,
  release: LoggedRelease,
  policy: ReleasePolicy,
  retry: number,
): boolean | null {
  const phase = release.phases.find(({ kind, step }) => kind === look.phase && step === look.step);
  if (phase === undefined) return null;
  const { guards, verdict, decision } = judgeAt(look.observation, policy, retry, { at: look.at, phase }, goneOn(look));
  // A frozen record holds what was proven.
  const decided = decision === 'advance' && look.decision === 'hold' ? 'hold' : decision;
  return isSame(
    { guards, verdict, decision: decided },
    { guards: look.guards, verdict: look.verdict, decision: look.decision },
  );
}

/** Guards that a person had overridden: convicted, and no more than a warning. */
const goneOn = ({ guards, verdict }: LookEvidence): string[] =>
  guards.flatMap((guard) =>
    guard.convicted &&
    guard.action !== 'warn' &&
    verdict.checks.some(({ name, status }) => name === `guard.${guardTitle(guard)}` && status === 'warn')
      ? [guardTitle(guard)]
      : [],
  );

const isSame = (a: unknown, b: unknown): boolean => {
  const [one, other] = [canonicalJson(a), canonicalJson(b)];
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
};
