import type { GuardName } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { GuardDefinition, GuardProof, Proof, SeenRelease } from './guards/guard.ts';
import { allGuards } from './guards/index.ts';

/** What a guard has to prove before promotion. */
export interface RequiredProof {
  readonly guard: GuardDefinition;
  readonly proof: GuardProof;
}

/** What the policy requires to be proven, in the order of its metrics. */
export function requiredProofs(
  policy: ReleasePolicy,
  guards: readonly GuardDefinition[] = allGuards,
): readonly RequiredProof[] {
  const metrics: readonly string[] = Object.keys(policy.promotion.metrics);
  const placeOf = ({ guard: { name } }: RequiredProof): number =>
    metrics.includes(name) ? metrics.indexOf(name) : metrics.length;
  return guards
    .flatMap((guard): RequiredProof[] => {
      const proof = guard.proof?.(policy) ?? null;
      return proof === null ? [] : [{ guard, proof }];
    })
    .toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Metrics that must be proven, in their order. */
export const requiredMetrics = (
  policy: ReleasePolicy,
  guards: readonly GuardDefinition[] = allGuards,
): readonly GuardName[] =>
  requiredProofs(policy, guards).flatMap(({ guard, proof }) => (proof.test === undefined ? [] : [guard.name]));

/** What the required metrics have shown: a version is promoted when each of them rules its harm out. */
export const proofsOf = (
  seen: SeenRelease,
  policy: ReleasePolicy,
  guards: readonly GuardDefinition[] = allGuards,
): Proof[] => requiredProofs(policy, guards).flatMap(({ proof }) => proof.test?.(seen) ?? []);

/** Guards whose harm is ruled out by what comes back later. */
export const needsLabels = (name: GuardName, guards: readonly GuardDefinition[] = allGuards): boolean =>
  guards.some((guard) => guard.name === name && guard.needsLabels === true);
