import type { DeclaredTraffic } from './plan-setting.ts';

/** Counts of the champion's keys over a time; see `measureTraffic`. */
export interface TrafficCounts {
  readonly hours: number;
  readonly keys: number;
  readonly errors: number;
  readonly slow: number;
  readonly answered: number;
  readonly positives: number;
  readonly labels: number;
  /** Labels that were not what the champion said. */
  readonly wrong: number;
  /** Share of the keys that get a label. */
  readonly labelled: number;
  readonly labelDelayHours: number | null;
}

export interface TrafficNumber {
  readonly value: number;
  readonly from: 'given' | 'measured' | 'default';
  /** By what it was measured, or why it was not. */
  readonly note: string;
}
type Found = Omit<TrafficNumber, 'from'> | null;
export type SourcedTraffic = { readonly [Name in keyof DeclaredTraffic]: TrafficNumber };

const defaults: DeclaredTraffic = {
  keysPerHour: 0,
  labelsPerHour: 0,
  labelDelayHours: 0,
  errorRate: 0.01,
  slowRate: 0.01,
  positiveRate: 0.5,
  discordantShare: 0.04,
  wrongRate: 0.1,
};

/**
 * What a plan goes by: what was given, else what was measured, else a default. A rate of which no or every key had the event
 * is moved off 0 and 1, to (count + 1) / (keys + 2) (Laplace's rule): a plan can do nothing with certainty.
 */
export function declareTraffic(given: Partial<DeclaredTraffic>, measured: TrafficCounts | null): SourcedTraffic {
  const number = (name: keyof DeclaredTraffic, found: Found, why: string): TrafficNumber => {
    const value = given[name];
    if (value !== undefined) return { value, from: 'given', note: '' };
    return found === null ? { value: defaults[name], from: 'default', note: why } : { ...found, from: 'measured' };
  };
  const unmeasured = 'no traffic to measure it by';
  const noLabels = measured === null ? unmeasured : 'no labels came';
  const from = (found: (counts: TrafficCounts) => Found): Found => (measured === null ? null : found(measured));
  return {
    keysPerHour: number('keysPerHour', from(keysOf), unmeasured),
    labelsPerHour: number('labelsPerHour', from(labelsOf), unmeasured),
    labelDelayHours: number('labelDelayHours', from(delayOf), noLabels),
    errorRate: number(
      'errorRate',
      from((counts) => rateOf(counts.errors, counts.keys, counts)),
      unmeasured,
    ),
    slowRate: number(
      'slowRate',
      from((counts) => rateOf(counts.slow, counts.keys, counts)),
      unmeasured,
    ),
    positiveRate: number(
      'positiveRate',
      from((counts) => rateOf(counts.positives, counts.answered, counts)),
      unmeasured,
    ),
    discordantShare: number('discordantShare', null, 'not known before a shadow'),
    wrongRate: number(
      'wrongRate',
      from((counts) => rateOf(counts.wrong, counts.labels, counts)),
      noLabels,
    ),
  };
}

const over = ({ hours }: TrafficCounts): string => `over ${Number(hours.toPrecision(3))} h`;

const keysOf = (counts: TrafficCounts): Found => ({
  value: counts.keys / counts.hours,
  note: `${counts.keys} keys ${over(counts)}`,
});

const labelsOf = (counts: TrafficCounts): Found => ({
  value: (counts.keys / counts.hours) * counts.labelled,
  note: `${counts.labels} labels ${over(counts)}`,
});

const delayOf = (counts: TrafficCounts): Found =>
  counts.labelDelayHours === null ? null : { value: counts.labelDelayHours, note: `median of ${counts.labels} labels` };

function rateOf(count: number, of: number, counts: TrafficCounts): Found {
  if (of === 0) return null;
  const note = `${count} of ${of} keys ${over(counts)}`;
  if (count > 0 && count < of) return { value: count / of, note };
  return { value: (count + 1) / (of + 2), note: `${note}; ${count + 1} of ${of + 2} is taken` };
}

/** Without where the numbers came from. */
export const trafficOf = (sourced: SourcedTraffic): DeclaredTraffic => ({
  keysPerHour: sourced.keysPerHour.value,
  labelsPerHour: sourced.labelsPerHour.value,
  labelDelayHours: sourced.labelDelayHours.value,
  errorRate: sourced.errorRate.value,
  slowRate: sourced.slowRate.value,
  positiveRate: sourced.positiveRate.value,
  discordantShare: sourced.discordantShare.value,
  wrongRate: sourced.wrongRate.value,
});
