import type { GuardName } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import type { Check } from '../../contracts/verdict.ts';
import { check, missingWords } from '../check.ts';
import { promotionAlpha } from './alpha-budget.ts';
import type { GuardDefinition, Proof, SeenRelease } from './guards/guard.ts';
import { allGuards } from './guards/index.ts';
import { undeclaredMaturity } from './label-cohorts.ts';
import { requiredProofs } from './promotion.ts';

/** What must be known before a version gets all traffic; `missing` is the status of a check with too little evidence, by guard. */
export function promotionChecks(
  seen: SeenRelease,
  policy: ReleasePolicy,
  missing: (guard: GuardName) => Check['status'],
  guards: readonly GuardDefinition[] = allGuards,
): Check[] {
  const alpha = promotionAlpha(policy);
  const undeclared = undeclaredMaturity(policy, seen.labelDelays);
  return [
    ...requiredProofs(policy, guards).flatMap(({ guard, proof }): Check[] => {
      if (proof.test === undefined) return [];
      const status = missing(guard.name);
      const shown = proofCheck(proof.test(seen), 1 / alpha, status, guard.needsLabels === true ? undeclared : null);
      return proof.enough === undefined ? [shown] : [proof.enough(seen, status), shown];
    }),
    ...guards.flatMap(
      ({ name, enough }) => enough?.(seen, policy, { alpha, undeclared, missing: missing(name) }) ?? [],
    ),
  ];
}

function proofCheck(
  { metric, evidence, harm, counted, detail }: Proof,
  limit: number,
  missing: Check['status'],
  /** What has to be declared first. */
  undeclared: string | null,
): Check {
  const name = metric === 'accuracy' ? 'canary.nonInferior' : `canary.nonInferior.${metric}`;
  if (undeclared !== null) return check(name, missing, evidence, limit, `${undeclared}: ${missingWords[missing]}`);
  const isShown = evidence >= limit;
  const message = isShown
    ? `${counted} rule out ${harm} (${detail})`
    : `${counted} do not rule out ${harm} yet (${detail}): ${missingWords[missing]}`;
  return check(name, isShown ? 'pass' : missing, evidence, limit, message);
}
