import { planLiveLoss, smallestLiveDrop } from '../../../ml/power/promotion.ts';
import { shareLimits } from '../guards/live-accuracy.ts';
import type { PlannedGuard } from './guard.ts';
import { neverCrosses, noSteps, onOutcomes } from './questions.ts';
import { judgedKeys, labelTraffic, outcomesOf, soonest, type JudgedKeys } from './unlabelled.ts';
import type { Setting } from './setting.ts';

/** The guard of the labels of live requests: they come from the first step on, late by the delay. */
export const planLiveLabels = (setting: Setting, guard: string): PlannedGuard =>
  soonest(judgedKeys(setting.policy, labelTraffic(setting.traffic)).map((keys) => planByKeys(setting, guard, keys)));

function planByKeys(setting: Setting, guard: string, keys: JudgedKeys): PlannedGuard {
  const { policy, asked, traffic, ramp } = setting;
  const tolerated = policy.guards.liveAccuracyLoss ?? 0;
  const { labelsPerHour, wrongRate } = traffic;
  const common = onOutcomes(setting, guard, 'labels', keys);
  const value = tolerated + asked.drop;
  const row = { ...common.row, kind: 'drop', value } as const;
  const limits = shareLimits(policy);
  if (limits === null || ramp.length === 0)
    return { ...row, crossing: neverCrosses, finds: null, why: noSteps(policy) };
  const plan = { ...common.plan, wrongRate, limits, tolerated };
  return {
    ...row,
    crossing: outcomesOf(planLiveLoss({ ...plan, repeats: asked.repeats, drop: value }), keys),
    finds: smallestLiveDrop(plan, asked.power),
    ...(labelsPerHour === 0 ? { why: 'no labels come' } : {}),
  };
}
