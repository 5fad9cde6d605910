import type { ReleasePolicy } from '../contracts/release-policy.ts';
import { alphaOf, splitAlpha } from './alpha-budget.ts';
import { describeGuard } from './plan-guard.ts';
import type { GuardPlan } from './plan-guard.ts';
import { onCopies, onRamp, planAccuracy, planBakeErrors, planKeys } from './plan-questions.ts';
import type { Plan } from './plan-questions.ts';
import { hourMs } from './plan-setting.ts';
import type { DeclaredTraffic, PlanOptions } from './plan-setting.ts';

const defaults = { ratio: 2, odds: 1.2, drop: 0.02, holdback: 0.1, power: 0.95, repeats: 400, seed: 1 };

const plans: Readonly<Record<string, Plan>> = {
  accuracy: planAccuracy,
  errors: onRamp(
    (traffic) => traffic.errorRate,
    (guards) => guards.errorRatio,
  ),
  slow: onRamp(
    (traffic) => traffic.slowRate,
    (guards) => guards.slowRatio,
  ),
  positives: onRamp(
    (traffic) => traffic.positiveRate,
    (guards) => guards.predictionRatio,
  ),
  negatives: onRamp(
    (traffic) => 1 - traffic.positiveRate,
    (guards) => guards.predictionRatio,
  ),
  sampleRatio: planKeys,
  mirroredErrors: onCopies(
    (traffic) => traffic.errorRate,
    (guards) => guards.errorRatio,
  ),
  mirroredSlow: onCopies(
    (traffic) => traffic.slowRate,
    (guards) => guards.slowRatio,
  ),
  bakeErrors: planBakeErrors,
};

/**
 * What each guard of a policy in force can see at the declared traffic, before a release begins: one row a guard.
 * Simulated with fixed seeds, so that the same question has the same answer. A guard of the budget's that it knows no
 * traffic for is left out. Throws InvalidConfigError where the budget's declaration is wrong.
 */
export function planRelease(policy: ReleasePolicy, traffic: DeclaredTraffic, options: PlanOptions = {}): GuardPlan[] {
  const budget = splitAlpha({ ...options.budget, alpha: policy.alpha });
  const { budget: _, ...asked } = { ...defaults, ...options };
  const setting = {
    policy,
    traffic,
    asked,
    alpha: (guard: string) => alphaOf(budget, guard),
    ramp: policy.steps.map(({ share, duration }) => ({ share, hours: (duration ?? policy.stepDuration) / hourMs })),
  };
  return Object.entries(plans)
    .filter(([guard]) => budget.shares.some((share) => share.guard === guard))
    .map(([guard, plan]) => describeGuard(plan(setting, guard)));
}
