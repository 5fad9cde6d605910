import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import { areMissingAtRandom, maturityOf } from '../label-cohorts.ts';
import type { PlannedGuard } from './guard.ts';
import type { DeclaredTraffic } from './setting.ts';

/** How labels, or values, of a release come. */
export interface OutcomeTraffic {
  /** New sticky keys, and those of them with an outcome, an hour. */
  readonly keysPerHour: number;
  readonly outcomesPerHour: number;
  /** Hours from a request to its outcome. */
  readonly delayHours: number;
}

export const labelTraffic = ({ keysPerHour, labelsPerHour, labelDelayHours }: DeclaredTraffic): OutcomeTraffic => ({
  keysPerHour,
  outcomesPerHour: labelsPerHour,
  delayHours: labelDelayHours,
});

export const valueTraffic = ({ keysPerHour, valuesPerHour, valueDelayHours }: DeclaredTraffic): OutcomeTraffic => ({
  keysPerHour,
  outcomesPerHour: valuesPerHour,
  delayHours: valueDelayHours,
});

/** Keys by which a guard of labels judges: what gathers, and what counts for the candidate because it has no label. */
export interface JudgedKeys {
  /** Units an hour: keys, or labels where keys without one do not count. */
  readonly unitsPerHour: number;
  /** Share of the units that get a label. */
  readonly labelled: number;
  /** Hours after which a unit counts. */
  readonly delayHours: number;
  /** Units that at any analysis have no label yet. */
  readonly young: number;
}

/** What gathers towards a proof or a rollback: labels, or keys where those without one count at their worst for it. */
export function unitsOf(
  policy: Pick<ReleasePolicy, 'labels'>,
  { keysPerHour, outcomesPerHour }: Omit<OutcomeTraffic, 'delayHours'>,
): Pick<JudgedKeys, 'unitsPerHour' | 'labelled'> {
  if (areMissingAtRandom(policy) || keysPerHour === 0) return { labelled: 1, unitsPerHour: outcomesPerHour };
  return { labelled: Math.min(1, outcomesPerHour / keysPerHour), unitsPerHour: keysPerHour };
}

/**
 * The cohorts that a guard asks (`evidenceAgainst`): keys of the declared age; and where labels are not missing at random all keys, those
 * that are too young to have a label among them, which is sooner where much is lost.
 */
export function judgedKeys(policy: Pick<ReleasePolicy, 'labels'>, traffic: OutcomeTraffic): JudgedKeys[] {
  const { delayHours } = traffic;
  const units = unitsOf(policy, traffic);
  const maturity = maturityOf(policy) / hourMs;
  const mature = { ...units, delayHours: Math.max(delayHours, maturity), young: 0 };
  if (areMissingAtRandom(policy)) return [mature];
  const youngerThan = (hours: number): number => units.unitsPerHour * hours;
  if (maturity <= delayHours) return [{ ...mature, young: youngerThan(delayHours - maturity) }];
  return [mature, { ...units, delayHours, young: youngerThan(delayHours) }];
}

/** Of a crossing by units, how many outcomes these have. */
export function outcomesOf(crossing: Crossing, { labelled }: Pick<JudgedKeys, 'labelled'>): Crossing {
  const outcomes = (units: number | null): number | null => (units === null ? null : units * labelled);
  const { power, expected, median, p95 } = crossing;
  return { power, expected: outcomes(expected), median: outcomes(median), p95: outcomes(p95) };
}

/** What a guard finds that asks several cohorts: whichever finds it more often, and the smallest effect of any. */
export function soonest([first, ...others]: readonly PlannedGuard[]): PlannedGuard {
  if (first === undefined) throw new RangeError('a guard of labels is planned by at least one cohort');
  const best = others.reduce((most, one) => (one.crossing.power > most.crossing.power ? one : most), first);
  const found = [first, ...others].flatMap(({ finds }) => finds ?? []);
  return { ...best, finds: found.length === 0 ? null : Math.min(...found) };
}
