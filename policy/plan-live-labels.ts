import { planLiveLoss, smallestLiveDrop } from '../ml/sequential/promotion-planning.ts';
import { shareLimits } from './live-accuracy.ts';
import type { PlannedGuard } from './plan-guard.ts';
import { half, neverCrosses, noSteps } from './plan-questions.ts';
import { endsOf, hourMs, type Setting } from './plan-setting.ts';

/** The guard of the labels of live requests: they come from the first step on, late by the delay. */
export function planLiveLabels({ policy, asked, traffic, alpha, ramp }: Setting, guard: string): PlannedGuard {
  const tolerated = policy.guards.liveAccuracyLoss ?? 0;
  const { labelsPerHour, labelDelayHours: delay, wrongRate } = traffic;
  const before = policy.shadow.duration / hourMs;
  const stepEnds = endsOf(ramp, before);
  const withinHours = stepEnds.at(-1) ?? before;
  const value = tolerated + asked.drop;
  const hoursAt = (labels: number): number => before + delay + labels / labelsPerHour;
  const row = { guard, alpha: alpha(guard), kind: 'drop', value, unit: 'labels', withinHours, hoursAt } as const;
  const limits = shareLimits(policy);
  if (limits === null || ramp.length === 0)
    return { ...row, stepEnds, before, crossing: neverCrosses, finds: null, why: noSteps(policy) };
  const { seed, repeats } = asked;
  const plan = {
    steps: ramp,
    keysPerHour: labelsPerHour,
    alpha: alpha(guard),
    withinHours: Math.max(0, withinHours - before - delay),
    wrongRate,
    limits,
    tolerated,
    seed,
    repeats: half(repeats),
  };
  return {
    ...row,
    stepEnds,
    before,
    crossing: planLiveLoss({ ...plan, repeats, drop: value }),
    finds: smallestLiveDrop(plan, asked.power),
    ...(labelsPerHour === 0 ? { why: 'no labels come' } : {}),
  };
}
