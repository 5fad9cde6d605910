import type { EventMargin, PromotionMetric } from '../../../contracts/release/promotion-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import { planNonInferiority } from '../../../ml/power/guards.ts';
import { planEventProof, planLiveProof } from '../../../ml/power/promotion.ts';
import { percent } from '../../check.ts';
import { ruleOf } from '../guards/index.ts';
import { shareLimits } from '../guards/live-accuracy.ts';
import { planLiveValueProof } from './live-values.ts';
import { delayOf, keyPart, labelPart, noLabels, unproven } from './part.ts';
import type { MetricPlan, MetricSetting, Part } from './part.ts';
import { noSteps } from './questions.ts';
import { harmfulRate } from '../guards/event-proof.ts';
import { labelTraffic, unitsOf } from './unlabelled.ts';
import { rampOf } from './setting.ts';
import { planGroupsNotWorse, planScoresStay, planTwinsAgree } from './twin-proofs.ts';
import { promotionAlpha, requiredMetrics } from '../promotion.ts';
import { harmfulLoss } from '../guards/guard.ts';

/** One plan for each metric that the policy requires, in the order of its checks. */
export function planMetrics(setting: MetricSetting): MetricPlan[] {
  const { policy } = setting;
  const { fairness } = policy.guards;
  const isAwaited = (metric: MetricPlan['metric']): boolean => ruleOf(policy, metric).missing !== 'pass';
  const plans = requiredMetrics(policy).flatMap((metric): MetricPlan[] => {
    const part = partOf(metric, setting);
    return part === null ? [] : [{ metric, isAwaited: isAwaited(metric), ...part }];
  });
  if (fairness === null || !fairness.promote) return plans;
  return [...plans, { metric: 'fairness', isAwaited: isAwaited('fairness'), ...planGroupsNotWorse(setting, fairness) }];
}

/** Null for a metric that is not asked for. */
function partOf(metric: PromotionMetric, setting: MetricSetting): Part | null {
  const { errors, slow, agreement, scoreShift } = setting.policy.promotion.metrics;
  switch (metric) {
    case 'accuracy':
      return planAccuracy(setting);
    case 'liveAccuracy':
      return planLiveAccuracy(setting);
    case 'value':
      return planLiveValueProof(setting);
    case 'errors':
      return errors === null ? null : planEvents(setting, metric, errors, setting.traffic.errorRate);
    case 'slow':
      return slow === null ? null : planEvents(setting, metric, slow, setting.traffic.slowRate);
    case 'agreement':
      return agreement === null ? null : planTwinsAgree(setting, agreement.margin);
    case 'scoreShift':
      return scoreShift === null ? null : planScoresStay(setting, scoreShift.margin);
  }
}

/** Labels of mirrored requests gather from the first one on. */
function planAccuracy({ policy, traffic, simulation }: MetricSetting): Part {
  const { guards, minLabels, shadow } = policy;
  const margin = harmfulLoss(guards.accuracyLoss, policy.promotion.metrics.accuracy?.margin ?? 0);
  const { labelled, unitsPerHour: all } = unitsOf(policy, labelTraffic(traffic));
  const unitsPerHour = all * shadow.sample;
  const delay = delayOf(policy, traffic);
  const crossing = planNonInferiority({
    ...simulation,
    margin,
    alpha: promotionAlpha(policy),
    drop: 1 - labelled,
    discordantShare: 1 - labelled + labelled * traffic.discordantShare,
    withinLabels: Math.floor(unitsPerHour * Math.max(0, policy.deadline / hourMs - delay)),
  });
  const never =
    shadow.sample === 0 ? 'nothing is mirrored, so that no label says anything' : noLabels(labelled, crossing);
  const gathering = { labelled, unitsPerHour, minLabels, delay, from: 0 };
  return { ...labelPart(crossing, gathering), ...lossOf(margin, ''), never };
}

/** Labels of live requests gather from the first step on. */
function planLiveAccuracy({ policy, traffic, simulation, before }: MetricSetting): Part {
  const margin = harmfulLoss(policy.guards.liveAccuracyLoss, policy.promotion.metrics.liveAccuracy?.margin ?? 0);
  const { labelled, unitsPerHour } = unitsOf(policy, labelTraffic(traffic));
  const steps = rampOf(policy);
  const limits = shareLimits(policy);
  const delay = delayOf(policy, traffic);
  const loss = lossOf(margin, ' on live requests');
  if (limits === null || steps.length === 0) return unproven(loss.harm, loss.effect, noSteps(policy));
  if (unitsPerHour === 0) return unproven(loss.harm, loss.effect, 'no labels come');
  const withinHours = Math.max(0, policy.deadline / hourMs - before - delay);
  const plan = { ...simulation, steps, keysPerHour: unitsPerHour, alpha: promotionAlpha(policy), withinHours };
  const crossing = planLiveProof({ ...plan, wrongRate: traffic.wrongRate, margin, limits, labelled });
  const gathering = { labelled, unitsPerHour, minLabels: 0, delay, from: before };
  return { ...labelPart(crossing, gathering), ...loss, never: noLabels(labelled, crossing) };
}

/** Keys gather from the first step on; where there is none, of copies from the first one on. */
function planEvents(
  { policy, traffic, simulation, before }: MetricSetting,
  metric: 'errors' | 'slow',
  margin: EventMargin,
  baseRate: number,
): Part {
  const ofCopies = policy.mode === 'blueGreen';
  const { sample } = policy.shadow;
  const from = ofCopies ? 0 : before;
  // A key that is mirrored is one of each version.
  const counted = ofCopies ? 2 * sample : 1;
  const steps = ofCopies ? [{ share: 0.5, hours: 1 }] : rampOf(policy);
  const harm = harmfulRate(metric, margin);
  const effect = { kind: 'ratio' as const, value: margin.ratio };
  const withinHours = Math.max(0, policy.deadline / hourMs - from);
  const { keysPerHour } = traffic;
  if (keysPerHour * counted === 0) return unproven(harm, effect, 'there are no keys to compare the versions by');
  const plan = { ...simulation, steps, keysPerHour: keysPerHour * counted, alpha: promotionAlpha(policy), withinHours };
  const crossing = planEventProof({ ...plan, baseRate, margin });
  return {
    ...keyPart(crossing, { keysPerHour, counted, from }),
    harm,
    effect,
    never: 'at that rate of the champion the margin is not to be shown',
  };
}

const lossOf = (margin: number, where: string) => ({
  harm: `a loss of accuracy of ${percent(margin)}${where}`,
  effect: { kind: 'drop' as const, value: margin },
});
