import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { createRandom, type Random } from '../../ml/random.ts';
import type { MetricPlan } from '../../policy/release/plan/metric-plan.ts';
import { planPromotion, type PromotionPlan } from '../../policy/release/plan/promotion.ts';
import type { DeclaredTraffic } from '../../policy/release/plan/setting.ts';
import { traffic } from './declared-traffic.ts';
import { withKnownLabels } from './known-labels.ts';

/** The plan of a promotion by a policy and traffic that are as usual but for what is given. */
export function planOf(
  change: Record<string, unknown> = {},
  odd: Partial<DeclaredTraffic> = {},
  repeats = 200,
): PromotionPlan {
  const plan = planPromotion(releasePolicySchema.parse(withKnownLabels(change)), { ...traffic, ...odd }, { repeats });
  if (plan === null) throw new Error('this mode promotes');
  return plan;
}

export function metricOf(plan: PromotionPlan, name: string): MetricPlan {
  const found = plan.metrics.find(({ metric }) => metric === name);
  if (found === undefined) throw new Error(`${name} is not required`);
  return found;
}

/** The plan of one metric that is required alone. */
export const planned = (
  metric: string,
  asked: object,
  change: object = {},
  odd: Partial<DeclaredTraffic> = {},
): MetricPlan =>
  metricOf(planOf({ ...change, promotion: { metrics: { accuracy: null, [metric]: asked } } }, odd, 100), metric);

/** What so many releases needed that were played one by one, ascending. */
export const needed = (repeats: number, play: (random: Random) => number): number[] =>
  Array.from({ length: repeats }, (_, repeat) => play(createRandom(repeat, 6))).toSorted((a, b) => a - b);
