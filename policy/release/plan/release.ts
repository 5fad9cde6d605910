import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { alphaOf, splitAlpha } from '../alpha-budget.ts';
import { guardBudget } from '../guards-in-force.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { describeGuard, type GuardPlan } from './guard.ts';
import { rampOf, type DeclaredTraffic, type PlanOptions, type Setting } from './setting.ts';

const defaults = {
  ratio: 2,
  rate: 0.02,
  odds: 1.2,
  drop: 0.02,
  fall: 0.02,
  shift: 0.02,
  groupLoss: 0.05,
  power: 0.95,
  repeats: 400,
  seed: 1,
};

/**
 * What each guard of a policy in force can see at the declared traffic, before a release begins: one row a guard, in the order of the
 * budget. Simulated with fixed seeds, so that the same question has the same answer. A guard without a plan is left out. Throws
 * InvalidConfigError where the budget's declaration is wrong.
 */
export function planRelease(
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
  options: PlanOptions = {},
  guards: readonly GuardDefinition[] = allGuards,
): GuardPlan[] {
  const { budget: declared, ...given } = options;
  const budget =
    declared === undefined ? guardBudget(policy, 1, guards) : splitAlpha({ ...declared, alpha: policy.alpha }, guards);
  const setting = settingOf(policy, traffic, given, (guard) => alphaOf(budget, guard));
  const names = new Set(budget.shares.map(({ guard }) => guard));
  return [...names].flatMap((name) => {
    const planned = guards.find((guard) => guard.name === name)?.plan?.(setting, name) ?? null;
    return planned === null ? [] : [describeGuard(planned)];
  });
}

/** What plans go by, with the harm that is asked about where nothing else is given. */
export const settingOf = (
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
  given: Omit<PlanOptions, 'budget'>,
  alpha: Setting['alpha'],
): Setting => ({
  policy,
  traffic,
  asked: { ...defaults, holdback: policy.holdback, ...given },
  alpha,
  ramp: rampOf(policy),
});
