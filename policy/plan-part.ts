import type { PromotionMetric } from '../contracts/promotion-policy.ts';
import type { ReleasePolicy } from '../contracts/release-policy.ts';
import type { Crossing } from '../ml/sequential/crossing.ts';
import type { Simulation } from '../ml/sequential/planning.ts';
import type { GuardPlan } from './plan-guard.ts';
import type { DeclaredTraffic } from './plan-setting.ts';

/** What one required metric takes to be proven when the candidate does no harm. */
export interface MetricPlan {
  readonly metric: PromotionMetric | 'fairness';
  /** What must be ruled out; `effect` where it is a loss of accuracy or value, or a ratio of rates. */
  readonly harm: string;
  readonly effect: GuardPlan['effect'] | null;
  readonly unit: 'labels' | 'values' | 'keys';
  /** Of them half, and 95 of 100, of harmless releases need; null where they never get there, or nobody simulated it. */
  readonly needs: { readonly median: number | null; readonly p95: number | null };
  /** Hours from the release's start until they are there and old enough. */
  readonly hours: { readonly median: number | null; readonly p95: number | null };
  readonly isSimulated: boolean;
  /** Whether promotion waits for it: not where the guard's rule for missing evidence lets it pass. */
  readonly isAwaited: boolean;
  /** Why it is never proven, should it not be. */
  readonly never: string;
}

/** What the plans of all metrics go by. */
export interface MetricSetting {
  readonly policy: ReleasePolicy;
  readonly traffic: DeclaredTraffic;
  readonly simulation: Simulation;
  /** Hours of the shadow. */
  readonly before: number;
}

export type Part = Omit<MetricPlan, 'metric' | 'isAwaited' | 'isSimulated'>;

const nothing = { median: null, p95: null };
export const unproven = (harm: string, effect: Part['effect'], never = ''): Part => ({
  harm,
  effect,
  unit: 'keys',
  needs: nothing,
  hours: nothing,
  never,
});

/** How labels, or values, come in. */
export interface Gathering {
  readonly labelled: number;
  readonly unitsPerHour: number;
  readonly minLabels: number;
  /** Hours from a request to its label, and from the start to the first request. */
  readonly delay: number;
  readonly from: number;
}

/** When there are so many of them as the simulation asks for. */
export function labelPart(crossing: Crossing, gathering: Gathering): Pick<Part, 'unit' | 'needs' | 'hours'> {
  const { labelled, unitsPerHour, minLabels, delay, from } = gathering;
  const labelsOf = (units: number | null): number | null =>
    units === null || labelled === 0 ? null : Math.max(minLabels, Math.ceil(units * labelled));
  const hoursOf = (labels: number | null): number | null =>
    labels === null || unitsPerHour === 0 ? null : from + delay + labels / labelled / unitsPerHour;
  const needs = { median: labelsOf(crossing.median), p95: labelsOf(crossing.p95) };
  return { unit: 'labels', needs, hours: { median: hoursOf(needs.median), p95: hoursOf(needs.p95) } };
}
