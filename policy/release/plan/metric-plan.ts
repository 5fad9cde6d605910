import { hourMs } from '../../../contracts/duration.ts';
import type { GuardName } from '../../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import type { Simulation } from '../../../ml/power/simulation.ts';
import { percent } from '../../check.ts';
import type { GuardPlan } from './guard.ts';
import { maturityOf } from '../label-cohorts.ts';
import type { DeclaredTraffic } from './setting.ts';

/** What one required metric takes to be proven when the candidate does no harm. */
export interface MetricPlan {
  readonly metric: GuardName;
  /** What must be ruled out, in words and as an effect. */
  readonly harm: string;
  readonly effect: GuardPlan['effect'];
  readonly unit: 'labels' | 'values' | 'keys';
  /** Of them half, and 95 of 100, of harmless releases need; null where they never get there. */
  readonly needs: { readonly median: number | null; readonly p95: number | null };
  /** Hours from the release's start until they are there and old enough. */
  readonly hours: { readonly median: number | null; readonly p95: number | null };
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

export type PlanPart = Omit<MetricPlan, 'metric' | 'isAwaited'>;

const nothing = { median: null, p95: null };
export const unproven = (harm: string, effect: PlanPart['effect'], never: string): PlanPart => ({
  harm,
  effect,
  unit: 'keys',
  needs: nothing,
  hours: nothing,
  never,
});

/** Why labels prove nothing, of those that come in an hour. */
export function noLabels(labelled: number, unitsPerHour: number, { p95 }: Crossing): string {
  if (unitsPerHour === 0) return 'no labels come';
  const slow = 'the more answers differ, the more labels it takes';
  if (p95 !== null) return `too few labels come: ${slow}`;
  return labelled < 1
    ? `labels that do not come count as losses, and ${percent(1 - labelled)} do not; ${slow}`
    : `the labels that come in its time do not prove it: ${slow}`;
}

/** Hours until a label is there and old enough. */
export const delayOf = (policy: ReleasePolicy, { labelDelayHours }: DeclaredTraffic): number =>
  Math.max(labelDelayHours, maturityOf(policy) / hourMs);

/** Keys per hour, and the fraction that counts for the proof: `counted` of each on average, from `from` hours on, and at least `atLeast`. */
export interface KeyGathering {
  readonly keysPerHour: number;
  readonly counted: number;
  readonly from: number;
  readonly atLeast?: number;
}

/** By the keys, counted or not, that a proof takes. */
export function keyPart(
  crossing: Crossing,
  { keysPerHour, counted, from, atLeast = 0 }: KeyGathering,
): Pick<PlanPart, 'unit' | 'needs' | 'hours'> {
  const keysOf = (count: number | null): number | null =>
    count === null ? null : Math.ceil(Math.max(atLeast, count) / counted);
  const hoursOf = (keys: number | null): number | null => (keys === null ? null : from + keys / keysPerHour);
  const needs = { median: keysOf(crossing.median), p95: keysOf(crossing.p95) };
  return { unit: 'keys', needs, hours: { median: hoursOf(needs.median), p95: hoursOf(needs.p95) } };
}

/** How labels, or values, come in. */
export interface Gathering {
  readonly labelled: number;
  readonly unitsPerHour: number;
  readonly minLabels: number;
  /** Hours from a request to its label, and from the start to the first request. */
  readonly delay: number;
  readonly from: number;
}

/** By the units, labelled or not, that a proof takes. */
export function labelPart(crossing: Crossing, gathering: Gathering): Pick<PlanPart, 'unit' | 'needs' | 'hours'> {
  const { labelled, unitsPerHour, minLabels, delay, from } = gathering;
  const labelsOf = (units: number | null): number | null =>
    units === null || labelled === 0 ? null : Math.max(minLabels, Math.ceil(units * labelled));
  const hoursOf = (labels: number | null): number | null =>
    labels === null || unitsPerHour === 0 ? null : from + delay + labels / labelled / unitsPerHour;
  const needs = { median: labelsOf(crossing.median), p95: labelsOf(crossing.p95) };
  return { unit: 'labels', needs, hours: { median: hoursOf(needs.median), p95: hoursOf(needs.p95) } };
}
