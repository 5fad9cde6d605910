import { guardRuleOf } from '../guards-in-force.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { requiredProofs } from '../promotion.ts';
import type { MetricPlan, MetricSetting } from './metric-plan.ts';

/** One plan for each proof that the policy requires, in the order of its checks. */
export const planMetrics = (setting: MetricSetting, guards: readonly GuardDefinition[] = allGuards): MetricPlan[] =>
  requiredProofs(setting.policy, guards).map(({ guard: { name }, proof }) => ({
    metric: name,
    isAwaited: guardRuleOf(setting.policy, name).missing !== 'pass',
    ...proof.plan(setting),
  }));
