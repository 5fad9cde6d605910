import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { bakes, type AnalysisPhase } from '../plan/setting.ts';

/** A phase of a release, or a step of its canary. */
export interface BacktestPhase {
  readonly kind: AnalysisPhase;
  /** Index of the canary step, from 0. */
  readonly step: number;
  /** Of the traffic, for the candidate. */
  readonly share: number;
}

/** The phases that a release under the policy goes through, in order, where a version serves already. */
export function backtestPhases(policy: ReleasePolicy): BacktestPhase[] {
  const { mode, steps, ab, holdback } = policy;
  const shares = mode === 'canary' ? steps.map(({ share }) => share) : mode === 'ab' ? [ab.share] : [];
  return [
    { kind: 'shadow', step: 0, share: 0 },
    ...shares.map((share, step): BacktestPhase => ({ kind: 'canary', step, share })),
    ...(bakes(policy) ? [{ kind: 'bake', step: 0, share: 1 - holdback } as const] : []),
  ];
}

/** Why harm that only a comparison of live traffic shows cannot be had; null where it can. */
export const whySplitless = (policy: ReleasePolicy): string | null =>
  backtestPhases(policy).some(({ share }) => share > 0 && share < 1) ? null : 'the mode splits no traffic';
