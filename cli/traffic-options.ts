import { Option, type Command } from 'commander';
import { dayMs, hourMs } from '../contracts/duration.ts';
import type { LabelSpace } from '../contracts/data/label-space.ts';
import type { ValueRange } from '../contracts/evidence/values.ts';
import {
  declareTraffic,
  type EvaluatedLosses,
  type SourcedTraffic,
  type TrafficCounts,
} from '../policy/release/plan/choose-traffic.ts';
import type { DeclaredTraffic } from '../policy/release/plan/setting.ts';
import type { TrafficWindow } from '../ports/prediction-log/queries-port.ts';
import { age, anyNumber, numberWithin } from './arguments.ts';
import type { Context } from './context.ts';
import { CommandFailed } from './errors.ts';

/** What is given of the traffic that a release is planned or tried with. */
export interface TrafficOptions {
  keysPerHour?: number;
  labelsPerHour?: number;
  labelDelay?: number;
  errorRate?: number;
  slowRate?: number;
  positiveRate?: number;
  discordant?: number;
  wrongRate?: number;
  scoreSpread?: number;
  groupShare?: number;
  valuesPerHour?: number;
  valueDelay?: number;
  valueMean?: number;
  bandRate?: number;
  outOfRangeRate?: number;
  predictionShare?: number;
  disagreement?: number;
  since: number;
}

/** Whose log is measured, and by what. */
export type MeasuredModel = Pick<
  TrafficWindow,
  'model' | 'labelSpace' | 'slowMs' | 'attributes' | 'values' | 'band' | 'segments'
> & {
  /** Of numbers, whose errors the log does not tell. */
  readonly losses?: EvaluatedLosses | null;
};

const share = numberWithin(0, 1);
const count = numberWithin(0, Infinity);

export const withTraffic = (command: Command): Command =>
  command
    .option('--keys-per-hour <n>', 'new sticky keys an hour', numberWithin(0, Infinity, true))
    .option('--labels-per-hour <n>', 'keys an hour whose true label comes back', count)
    .option('--label-delay <time>', 'from a request to its label, such as 24h', age)
    .option('--error-rate <share>', 'keys with a failed request', share)
    .option('--slow-rate <share>', "keys with a request slower than the policy's slowMs", share)
    .option('--positive-rate <share>', 'keys with a positive prediction', share)
    .option(
      '--discordant <share>',
      'labelled requests on which just one version is right; of numbers and of a utility the mean square of the difference of both bounded losses',
      share,
    )
    .option(
      '--wrong-rate <share>',
      'labelled requests on which the champion is wrong; of numbers and of a utility its mean bounded loss',
      share,
    )
    .option('--disagreement <share>', 'mirrored keys to which two equally good versions give different answers', share)
    .option('--score-spread <deviation>', "deviation of the difference of both versions' scores of a key", share)
    .option('--group-share <share>', 'keys in the group that is asked about', share)
    .option('--values-per-hour <n>', 'keys an hour for which a value comes back', count)
    .option('--value-delay <time>', 'from a request to its value, such as 24h', age)
    .option('--value-mean <value>', 'mean of the values, in their own unit', anyNumber)
    .option('--band-rate <share>', "keys with a probability in the policy's scoreBand", share)
    .option('--out-of-range-rate <share>', 'keys with an answer without a probability in [0, 1]', share)
    .option('--prediction-share <share>', 'keys with the prediction that the guard mix is asked about', share)
    .addOption(
      new Option('--since <age>', 'measure what is not given by the log of the last such time')
        .argParser(age)
        .default(dayMs, '24h'),
    );

/** What was given, else measured by the model's log, else a default. Throws CommandFailed where nobody knows how many keys come. */
export const trafficFor = async (
  context: Context,
  measuredModel: MeasuredModel | null,
  options: TrafficOptions,
): Promise<SourcedTraffic> => (await trafficAndCounts(context, measuredModel, options)).traffic;

/** As `trafficFor`, with what was measured; null where there was nothing to measure. */
export async function trafficAndCounts(
  { ports }: Context,
  measuredModel: MeasuredModel | null,
  options: TrafficOptions,
): Promise<{ readonly traffic: SourcedTraffic; readonly measured: TrafficCounts | null }> {
  const {
    keysPerHour,
    labelsPerHour,
    labelDelay,
    errorRate,
    slowRate,
    positiveRate,
    discordant,
    wrongRate,
    scoreSpread,
    groupShare,
    valuesPerHour,
    valueDelay,
    valueMean,
    bandRate,
    outOfRangeRate,
    predictionShare,
    disagreement,
  } = options;
  const given: Partial<DeclaredTraffic> = {
    ...(keysPerHour === undefined ? {} : { keysPerHour }),
    ...(labelsPerHour === undefined ? {} : { labelsPerHour }),
    ...(labelDelay === undefined ? {} : { labelDelayHours: labelDelay / hourMs }),
    ...(errorRate === undefined ? {} : { errorRate }),
    ...(slowRate === undefined ? {} : { slowRate }),
    ...(positiveRate === undefined ? {} : { positiveRate }),
    ...(discordant === undefined ? {} : { discordantShare: discordant }),
    ...(wrongRate === undefined ? {} : { wrongRate }),
    ...(scoreSpread === undefined ? {} : { scoreSpread }),
    ...(groupShare === undefined ? {} : { groupShare }),
    ...(valuesPerHour === undefined ? {} : { valuesPerHour }),
    ...(valueDelay === undefined ? {} : { valueDelayHours: valueDelay / hourMs }),
    ...(valueMean === undefined ? {} : { valueMean: shareOf(valueMean, measuredModel?.values) }),
    ...(bandRate === undefined ? {} : { bandRate }),
    ...(outOfRangeRate === undefined ? {} : { outOfRangeRate }),
    ...(predictionShare === undefined ? {} : { predictionShare }),
    ...(disagreement === undefined ? {} : { disagreementShare: disagreement }),
    ...partsOf(measuredModel?.labelSpace),
  };
  const known = 'what is known of --labels-per-hour, --label-delay, --error-rate, --slow-rate and --positive-rate';
  if (measuredModel === null) {
    if (keysPerHour === undefined)
      throw new CommandFailed(`a policy without a model has no log to measure: give --keys-per-hour, and ${known}`);
    return { traffic: declareTraffic(given, null), measured: null };
  }
  const now = ports.now();
  const since = now - options.since;
  const { losses, ...window } = measuredModel;
  const without = await rolledBack(ports, window.model);
  const measured = await ports.logQueries.measureTraffic({ ...window, without, since, now });
  if (measured === null && keysPerHour === undefined)
    throw new CommandFailed(
      `the prediction log has no request that a champion of "${measuredModel.model}" answered in that time: give --keys-per-hour, and ` +
        `${known}, or look further back by --since`,
    );
  return { traffic: declareTraffic(given, measured, losses), measured };
}

/** Versions whose last release was rolled back. */
async function rolledBack({ registry }: Context['ports'], model: string): Promise<number[]> {
  const last = new Map((await registry.releases(model)).map(({ result }) => [result.version, result.outcome]));
  return [...last].flatMap(([version, outcome]) => (outcome === 'rolledBack' ? [version] : []));
}

/** Labels that predictions are told apart by; of numbers the default. */
const partsOf = (space: LabelSpace | undefined): Partial<DeclaredTraffic> =>
  space?.kind === 'classes' ? { predictionParts: space.classes.length } : {};

/** Where a mean lies in its range. Throws CommandFailed where it cannot, or where the policy declares none. */
function shareOf(mean: number, range: ValueRange | undefined): number {
  if (range === undefined) throw new CommandFailed('--value-mean: the policy judges no values (guards.value)');
  if (mean >= range.from && mean <= range.to) return (mean - range.from) / (range.to - range.from);
  throw new CommandFailed(`--value-mean ${mean}: the policy judges values from ${range.from} to ${range.to}`);
}
