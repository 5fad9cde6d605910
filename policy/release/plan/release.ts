import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { alphaOf, splitAlpha } from '../alpha-budget.ts';
import { leastSlowShare } from '../guards/events.ts';
import { guardBudget } from '../guards/index.ts';
import { planAgreement, planFairness, planScoreShift } from './answers.ts';
import { describeGuard } from './guard.ts';
import type { GuardPlan } from './guard.ts';
import { planLiveLabels } from './live-labels.ts';
import { planLiveValues } from './live-values.ts';
import { onBake, onCopies, onRamp, planAccuracy, planKeys } from './questions.ts';
import type { Plan } from './questions.ts';
import { bakes, rampOf } from './setting.ts';
import type { DeclaredTraffic, PlanOptions, Setting } from './setting.ts';

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

/** By guard; one that is not here is not simulated. */
export const plans: Readonly<Record<string, Plan>> = {
  accuracy: planAccuracy,
  errors: onRamp(
    (traffic) => traffic.errorRate,
    (guards) => guards.errorRatio,
  ),
  slow: onRamp(
    (traffic) => traffic.slowRate,
    (guards) => guards.slowRatio,
    leastSlowShare,
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
    leastSlowShare,
  ),
  bakeErrors: onBake(
    (traffic) => traffic.errorRate,
    (guards) => guards.errorRatio,
  ),
  bakeSlow: onBake(
    (traffic) => traffic.slowRate,
    (guards) => guards.slowRatio,
    leastSlowShare,
  ),
  scoreBand: onRamp(
    (traffic) => traffic.bandRate,
    (guards) => guards.scoreBand?.ratio ?? 1,
  ),
  outOfRange: onRamp(
    (traffic) => traffic.outOfRangeRate,
    (guards) => guards.outOfRangeRatio ?? 1,
  ),
  liveAccuracy: planLiveLabels,
  value: planLiveValues,
  fairness: planFairness,
  agreement: planAgreement,
  scoreShift: planScoreShift,
};

/**
 * What each guard of a policy in force can see at the declared traffic, before a release begins: one row a guard.
 * Simulated with fixed seeds, so that the same question has the same answer. A guard of the budget's that it knows no
 * traffic for is left out, and `bakeErrors` where nothing is held back: it then compares with the champion's past, which is
 * not simulated. Throws InvalidConfigError where the budget's declaration is wrong.
 */
export function planRelease(policy: ReleasePolicy, traffic: DeclaredTraffic, options: PlanOptions = {}): GuardPlan[] {
  const { budget: declared, ...given } = options;
  const budget = declared === undefined ? guardBudget(policy, 1) : splitAlpha({ ...declared, alpha: policy.alpha });
  const setting = settingOf(policy, traffic, given, (guard) => alphaOf(budget, guard));
  return Object.entries(plans)
    .filter(([guard]) => budget.shares.some((share) => share.guard === guard))
    .filter(([guard]) => guard !== 'bakeErrors' || setting.asked.holdback > 0 || !bakes(policy))
    .map(([guard, plan]) => describeGuard(plan(setting, guard)));
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
