import type { EventMargin, PromotionMetric } from '../contracts/promotion-policy.ts';
import type { ReleasePolicy } from '../contracts/release-policy.ts';
import type { Crossing } from '../ml/sequential/crossing.ts';
import { planEventProof, planLiveProof } from '../ml/sequential/promotion-planning.ts';
import { planNonInferiority } from '../ml/sequential/planning.ts';
import { percent } from './check.ts';
import { ruleOf } from './guards.ts';
import { shareLimits } from './live-accuracy.ts';
import { planLiveValueProof } from './plan-live-values.ts';
import { labelPart, unproven, type MetricPlan, type MetricSetting, type Part } from './plan-part.ts';
import { noSteps } from './plan-questions.ts';
import { hourMs, rampOf, type DeclaredTraffic } from './plan-setting.ts';
import { harmfulRate } from './event-proofs.ts';
import { harmfulLoss, promotionAlpha, requiredMetrics } from './promotion-proofs.ts';

/** One plan for each metric that the policy requires, in the order of its checks. */
export function planMetrics(setting: MetricSetting): MetricPlan[] {
  const { policy } = setting;
  const { fairness } = policy.guards;
  const plans = requiredMetrics(policy).map((metric): MetricPlan => {
    const part = partOf(metric, setting);
    const isAwaited = ruleOf(policy, metric).missing !== 'pass';
    if (part !== null) return { metric, isAwaited, isSimulated: true, ...part };
    const harm = metric === 'agreement' ? 'other labels than the champion' : 'a shifted probability';
    return { metric, isAwaited, isSimulated: false, ...unproven(harm, null) };
  });
  if (fairness === null || !fairness.promote) return plans;
  const isAwaited = ruleOf(policy, 'fairness').missing !== 'pass';
  const harm = `a loss of ${percent(fairness.maxGroupLoss)} for a group`;
  return [...plans, { metric: 'fairness', isAwaited, isSimulated: false, ...unproven(harm, null) }];
}

/** Null for a metric that nobody simulates: how often twins differ is not declared. */
function partOf(metric: PromotionMetric, setting: MetricSetting): Part | null {
  const { errors, slow } = setting.policy.promotion.metrics;
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
    case 'scoreShift':
      return null;
  }
}

/** Labels of mirrored requests gather from the first one on. */
function planAccuracy({ policy, traffic, simulation }: MetricSetting): Part {
  const { guards, minLabels, shadow } = policy;
  const margin = harmfulLoss(guards.accuracyLoss, policy.promotion.metrics.accuracy?.margin ?? 0);
  const { labelled, unitsPerHour: all } = unitsOf(policy, traffic);
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
  const { labelled, unitsPerHour } = unitsOf(policy, traffic);
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
  if (keysPerHour * counted === 0) return unproven(harm, effect, 'no keys come to compare the versions by');
  const plan = { ...simulation, steps, keysPerHour: keysPerHour * counted, alpha: promotionAlpha(policy), withinHours };
  const crossing = planEventProof({ ...plan, baseRate, margin });
  const keysOf = (keys: number | null): number | null => (keys === null ? null : Math.ceil(keys / counted));
  const needs = { median: keysOf(crossing.median), p95: keysOf(crossing.p95) };
  const hoursOf = (keys: number | null): number | null => (keys === null ? null : from + keys / keysPerHour);
  const hours = { median: hoursOf(needs.median), p95: hoursOf(needs.p95) };
  return {
    harm,
    effect,
    unit: 'keys',
    needs,
    hours,
    never: 'at that rate of the champion the margin is not to be shown',
  };
}

const lossOf = (margin: number, where: string) => ({
  harm: `a loss of accuracy of ${percent(margin)}${where}`,
  effect: { kind: 'drop' as const, value: margin },
});
const noLabels = (labelled: number, { p95 }: Crossing): string =>
  p95 === null && labelled < 1
    ? `labels that do not come count as losses, and ${percent(1 - labelled)} do not`
    : 'no labels come';

const delayOf = ({ labels }: ReleasePolicy, { labelDelayHours }: DeclaredTraffic): number =>
  Math.max(labelDelayHours, labels.maturity / hourMs);

/** What gathers towards the proof: labels, or keys of which only some get one where the others count at their worst. */
function unitsOf({ labels }: ReleasePolicy, { keysPerHour, labelsPerHour }: DeclaredTraffic) {
  if (labels.missing === 'random' || keysPerHour === 0) return { labelled: 1, unitsPerHour: labelsPerHour };
  return { labelled: Math.min(1, labelsPerHour / keysPerHour), unitsPerHour: keysPerHour };
}
