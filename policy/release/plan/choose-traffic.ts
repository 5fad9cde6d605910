import type { DeclaredTraffic } from './setting.ts';
import { valueDefaults, valuesFound, type ValueCounts } from './value-traffic.ts';

/** What the champion's keys did over a time, each counted once. */
export interface TrafficCounts {
  /** From the first request of the window to its end, at least a minute. */
  readonly hours: number;
  readonly keys: number;
  /** Keys with a request that failed, and with one that was slow. */
  readonly errors: number;
  readonly slow: number;
  /** Keys with a request that was answered by a label, and those whose first such label was the positive one. */
  readonly answered: number;
  readonly positives: number;
  /** Keys whose first request got its true label. */
  readonly labels: number;
  /** Those whose label was not what that request was answered. */
  readonly wrong: number;
  /** Share in [0, 1] of keys that have it, of those old enough: older than the slowest twentieth of the labels took. */
  readonly labelled: number;
  /** Of half of the labels, hours; null where none came. */
  readonly labelDelayHours: number | null;
  /** Keys with a request to which another version gave a label too, by the first such, and those of them with different labels. */
  readonly mirrored: number;
  readonly disagree: number;
  /** Versions that are left out of these two and the next. @default none */
  readonly without?: readonly number[];
  /** Standard deviation of the difference of their scores, where both gave one; null where fewer than two did. */
  readonly scoreSpread: number | null;
  /** The smallest group of those that are not tiny; null where groups were not asked for, or there are none. */
  readonly smallestGroup: { readonly name: string; readonly keys: number } | null;
  /** Absent or null where values were not asked for, or none came. */
  readonly values?: ValueCounts | null;
  /** Keys with an answer in the policy's band of probabilities, and without a probability in [0, 1]; absent where not asked for. */
  readonly scores?: { readonly inBand: number; readonly outOfRange: number };
  /** The label that the fewest keys got first, of those that are not tiny; absent where labels are two or numbers, null where none came. */
  readonly rarestPrediction?: { readonly label: string; readonly keys: number } | null;
  /** Keys by the segment of their first request, of the segments that were asked for. */
  readonly segments?: Readonly<Record<string, number>>;
}

/** What the last evaluation of a model says of its bounded losses, in [0, 1]; null of what it does not. */
export interface EvaluatedLosses {
  readonly meanLoss: number | null;
  readonly squaredDifference: number | null;
  readonly disagreement: number | null;
  /** Its test rows, and a sentence that names them and their version. */
  readonly rows: number;
  readonly note: string;
}

export interface TrafficNumber {
  readonly value: number;
  /** Estimated: by Laplace's rule, where a rate was 0 or 1. */
  readonly from: 'given' | 'measured' | 'estimated' | 'default';
  /** By what it was measured, or why it was not. */
  readonly note: string;
}
type Found = (Omit<TrafficNumber, 'from'> & { readonly from?: 'estimated' }) | null;
export type SourcedTraffic = { readonly [Name in keyof DeclaredTraffic]: TrafficNumber };

const defaults: DeclaredTraffic = {
  keysPerHour: 0,
  labelsPerHour: 0,
  labelDelayHours: 0,
  errorRate: 0.01,
  slowRate: 0.01,
  positiveRate: 0.5,
  discordantShare: 0.04,
  disagreementShare: 0.04,
  wrongRate: 0.1,
  scoreSpread: 0.05,
  groupShare: 0.1,
  ...valueDefaults,
  bandRate: 0.1,
  outOfRangeRate: 0,
  predictionParts: 10,
  predictionShare: 0.1,
};

/**
 * What a plan goes by: what was given, else what was measured, else a default. A rate of 0 or 1 (except that of answers out of range)
 * is moved off 0 and 1, to (count + 1) / (keys + 2) (Laplace's rule): a plan can do nothing with certainty. The log does not tell the
 * losses of numbers and of a utility: `evaluated` does, null where no version was evaluated; it is left out where answers are right or wrong.
 */
export function declareTraffic(
  given: Partial<DeclaredTraffic>,
  measured: TrafficCounts | null,
  evaluated?: EvaluatedLosses | null,
): SourcedTraffic {
  const number = (name: keyof DeclaredTraffic, found: Found, why: string): TrafficNumber => {
    const value = given[name];
    if (value !== undefined) return { value, from: 'given', note: '' };
    return found === null ? { value: defaults[name], from: 'default', note: why } : { from: 'measured', ...found };
  };
  const unmeasured = 'no traffic to measure it by';
  const noLabels = measured === null ? unmeasured : 'no labels came';
  const beforeShadow = 'not known before a shadow';
  const noValues = measured === null ? unmeasured : 'no values came';
  const values = valuesFound(measured?.values, measured?.keys ?? 0, measured?.hours ?? 1);
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
    ...(evaluated === undefined
      ? ofClasses(number, from, { beforeShadow, noLabels })
      : {
          discordantShare: number(
            'discordantShare',
            lossOf(evaluated, 'squaredDifference', 'mean square of the difference of bounded losses'),
            neverCompared,
          ),
          disagreementShare: number(
            'disagreementShare',
            lossOf(evaluated, 'disagreement', 'other answers'),
            neverCompared,
          ),
          wrongRate: number('wrongRate', lossOf(evaluated, 'meanLoss', 'mean bounded loss'), neverCompared),
        }),
    scoreSpread: number('scoreSpread', from(spreadOf), beforeShadow),
    groupShare: number('groupShare', from(groupOf), 'no group to measure it by'),
    valuesPerHour: number('valuesPerHour', values.valuesPerHour, noValues),
    valueDelayHours: number('valueDelayHours', values.valueDelayHours, noValues),
    valueMean: number('valueMean', values.valueMean, `${noValues}: the middle of the range`),
    bandRate: number(
      'bandRate',
      from((counts) => (counts.scores === undefined ? null : rateOf(counts.scores.inBand, counts.keys, counts))),
      unmeasured,
    ),
    outOfRangeRate: number('outOfRangeRate', from(outOfRangeOf), unmeasured),
    predictionParts: number('predictionParts', null, 'tenths of the numbers'),
    predictionShare: predictionShareOf(given, from(rarestOf)),
  };
}

const neverCompared = 'no run compared two versions';

/** Two versions disagree on as many keys as just one of them is right about, where the labels are two. */
function ofClasses(
  number: (name: keyof DeclaredTraffic, found: Found, why: string) => TrafficNumber,
  from: (found: (counts: TrafficCounts) => Found) => Found,
  { beforeShadow, noLabels }: { readonly beforeShadow: string; readonly noLabels: string },
): Pick<SourcedTraffic, 'discordantShare' | 'disagreementShare' | 'wrongRate'> {
  const discordantShare = number(
    'discordantShare',
    from((counts) =>
      rateOf(counts.disagree, counts.mirrored, counts, `mirrored keys with different labels${leftOut(counts)}`),
    ),
    beforeShadow,
  );
  const wrongRate = number(
    'wrongRate',
    from((counts) => rateOf(counts.wrong, counts.labels, counts)),
    noLabels,
  );
  return { discordantShare, disagreementShare: discordantShare, wrongRate };
}

/** A version that was rolled back differs more than the next one will. */
const leftOut = ({ without = [] }: TrafficCounts): string =>
  without.length === 0
    ? ''
    : ` (without ${without.length === 1 ? 'version' : 'versions'} ${without.join(', ')}: rolled back)`;

function lossOf(
  losses: EvaluatedLosses | null,
  name: 'meanLoss' | 'squaredDifference' | 'disagreement',
  what: string,
): Found {
  const value = losses?.[name] ?? null;
  if (losses === null || value === null) return null;
  const least = 1 / (losses.rows + 2);
  return { value: Math.min(1 - least, Math.max(least, value)), note: `${what}, ${losses.note}` };
}

/** Where it is not measured, predictions are taken as even, as ranges of numbers are made. */
function predictionShareOf({ predictionShare: value, predictionParts }: Partial<DeclaredTraffic>, found: Found) {
  if (value !== undefined) return { value, from: 'given', note: '' } as const;
  if (found !== null) return { from: 'measured' as const, ...found };
  const parts = predictionParts ?? defaults.predictionParts;
  return { value: 1 / parts, from: 'default', note: `${parts} predictions, taken as even` } as const;
}

const rarestOf = ({ rarestPrediction: rarest = null, answered }: TrafficCounts): Found =>
  rarest === null
    ? null
    : { value: rarest.keys / answered, note: `"${rarest.label}", ${rarest.keys} of ${answered} keys` };

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

const spreadOf = ({ scoreSpread, mirrored }: TrafficCounts): Found =>
  scoreSpread === null ? null : { value: scoreSpread, note: `of ${mirrored} mirrored keys` };

const groupOf = ({ smallestGroup, keys }: TrafficCounts): Found =>
  smallestGroup === null
    ? null
    : { value: smallestGroup.keys / keys, note: `${smallestGroup.name}, ${smallestGroup.keys} of ${keys} keys` };

/** None is what is hoped for, and stays 0: any is harm then. */
const outOfRangeOf = (counts: TrafficCounts): Found => {
  if (counts.scores === undefined) return null;
  const { outOfRange } = counts.scores;
  if (outOfRange > 0) return rateOf(outOfRange, counts.keys, counts);
  return { value: 0, note: `0 of ${counts.keys} keys ${over(counts)}: any is harm` };
};

function rateOf(count: number, of: number, counts: TrafficCounts, what = 'keys'): Found {
  if (of === 0) return null;
  const note = `${count} of ${of} ${what} ${over(counts)}`;
  if (count > 0 && count < of) return { value: count / of, note };
  return { value: (count + 1) / (of + 2), from: 'estimated', note: `${note}; ${count + 1} of ${of + 2} is taken` };
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
  disagreementShare: sourced.disagreementShare.value,
  wrongRate: sourced.wrongRate.value,
  scoreSpread: sourced.scoreSpread.value,
  groupShare: sourced.groupShare.value,
  valuesPerHour: sourced.valuesPerHour.value,
  valueDelayHours: sourced.valueDelayHours.value,
  valueMean: sourced.valueMean.value,
  bandRate: sourced.bandRate.value,
  outOfRangeRate: sourced.outOfRangeRate.value,
  predictionParts: sourced.predictionParts.value,
  predictionShare: sourced.predictionShare.value,
});
