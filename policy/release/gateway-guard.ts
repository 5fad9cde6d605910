import type { GatewayGuardLimits } from '../../contracts/release/deployment.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { alphaOf, wholeTraffic } from './alpha-budget.ts';
import { guardBudget, guardRuleOf } from './guards-in-force.ts';

/**
 * What serving processes may judge by themselves during a release: the guards `errors` and `slow`, each process with its part of
 * their alpha. A guard that must not roll back by itself is left out; null where nothing is left.
 */
export function gatewayGuard(policy: ReleasePolicy, retry: number): GatewayGuardLimits | null {
  if (policy.gatewayGuards === 0) return null;
  const budget = guardBudget(policy, retry);
  const { errorRatio, slowRatio, slowMs } = policy.guards;
  const alphaIn = (guard: 'errors' | 'slow'): number =>
    guardRuleOf(policy, guard).action === 'rollback' ? alphaOf(budget, guard, wholeTraffic, 'gateway') : 0;
  const [errors, slow] = [alphaIn('errors'), alphaIn('slow')];
  if (errors === 0 && slow === 0) return null;
  return {
    slots: policy.gatewayGuards,
    errors: errors === 0 ? null : { alpha: errors, ratio: errorRatio },
    slow: slow === 0 ? null : { alpha: slow, ms: slowMs, ratio: slowRatio },
  };
}
