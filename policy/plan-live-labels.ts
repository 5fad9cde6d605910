import { planLiveLoss, smallestLiveDrop } from '../ml/sequential/promotion-planning.ts';
import { shareLimits } from './live-accuracy.ts';
import type { PlannedGuard } from './plan-guard.ts';
import { neverCrosses, noSteps, onOutcomes } from './plan-questions.ts';
import type { Setting } from './plan-setting.ts';

/** The guard of the labels of live requests: they come from the first step on, late by the delay. */
export function planLiveLabels(setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic, ramp } = setting;
  const tolerated = policy.guards.liveAccuracyLoss ?? 0;
  const { labelsPerHour, labelDelayHours, wrongRate } = traffic;
  const common = onOutcomes(setting, guard, { unit: 'labels', perHour: labelsPerHour, delay: labelDelayHours });
  const value = tolerated + asked.drop;
  const row = { ...common.row, kind: 'drop', value } as const;
  const limits = shareLimits(policy);
  if (limits === null || ramp.length === 0)
    return { ...row, crossing: neverCrosses, finds: null, why: noSteps(policy) };
  const plan = { ...common.plan, wrongRate, limits, tolerated };
  return {
    ...row,
    crossing: planLiveLoss({ ...plan, repeats: asked.repeats, drop: value }),
    finds: smallestLiveDrop(plan, asked.power),
    ...(labelsPerHour === 0 ? { why: 'no labels come' } : {}),
  };
}
