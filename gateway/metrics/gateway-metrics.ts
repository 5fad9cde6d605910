import type { Arm } from '../../contracts/release/arm.ts';
import type { Answered } from '../call/answered.ts';
import type { OddValues } from '../inference/inputs-notes.ts';
import { Counter } from './counter.ts';
import { metricDefinitions } from './definitions.ts';
import { delayBounds, Histogram, latencyBounds, rowBounds, type Distribution } from './histogram.ts';
import { processMetrics } from './process-metrics.ts';
import type { Metric, MetricsSnapshot } from './snapshot.ts';

export type RequestOutcome = 'ok' | 'error';

/** Counts for one version in one arm; to be kept by whoever answers for it. */
export interface ModelMetrics {
  answered(answered: Pick<Answered, 'ms' | 'failed' | 'modelMs' | 'queueMs' | 'batchRows' | 'trace'>): void;
  cacheHit(): void;
  cacheMiss(): void;
}

/** All that one gateway process counts. */
export interface GatewayMetrics {
  model(model: string, version: number, arm: Arm): ModelMetrics;
  /** A request that no version was asked for. A model that is not known belongs under the empty name. */
  refused(model: string, reason: string, status: number): void;
  /** A mirrored request that another version answered. */
  mirrored(model: string, version: number, outcome: RequestOutcome): void;
  mirrorDropped(model: string, version: number, reason: string): void;
  /** True labels that came back. */
  feedback(model: string, outcomes: number): void;
  /** Refused because the prediction log could not be written. */
  logRefused(model: string): void;
  /** An input has more values a row than are logged. */
  largeInput(model: string, input: string): void;
  /** Answered without a log record, by the model's policy. */
  unlogged(model: string): void;
  /** Values of a categorical column that training did not see; the model took them for unknown. */
  oddValues(model: string, odd: OddValues): void;
  /** The version could not take a request that another one answered. */
  misfit(model: string, version: number): void;
  /** One sync of the prediction log. */
  logSynced(seconds: number): void;
  /** Adds metrics that are read when the others are. */
  observe(metrics: readonly Metric[]): void;
  snapshot(): MetricsSnapshot;
}

/** Names of models that are refused without ever having answered, at most: clients choose them. */
const mostStrangers = 100;

const { requests: defined } = metricDefinitions;

export function createGatewayMetrics(): GatewayMetrics {
  const seconds = new Histogram(defined.seconds, latencyBounds);
  const modelSeconds = new Histogram(defined.modelSeconds, latencyBounds);
  const queueSeconds = new Histogram(defined.queueSeconds, delayBounds);
  const batchRows = new Histogram(defined.batchRows, rowBounds);
  const cache = new Counter(defined.cache);
  const refused = new Counter(defined.refused);
  const mirrored = new Counter(defined.mirrored);
  const mirrorDropped = new Counter(defined.mirrorDropped);
  const feedback = new Counter(defined.feedback);
  const logErrors = new Counter(defined.logErrors);
  const largeInputs = new Counter(defined.largeInputs);
  const unlogged = new Counter(defined.unlogged);
  const unknownCategories = new Counter(defined.unknownCategories);
  const misfits = new Counter(defined.misfits);
  const outOfRange = new Counter(defined.outOfRange);
  const syncSeconds = new Histogram(defined.syncSeconds, delayBounds);

  const metrics: Metric[] = [
    seconds.counted(defined.count),
    seconds,
    modelSeconds,
    queueSeconds,
    batchRows,
    cache,
    refused,
    mirrored,
    mirrorDropped,
    feedback,
    logErrors,
    largeInputs,
    unlogged,
    unknownCategories,
    outOfRange,
    misfits,
    syncSeconds,
    ...processMetrics(),
  ];
  const handles = new Map<string, Map<number, Map<Arm, ModelMetrics>>>();
  const strangers = new Set<string>();

  const handle = (model: string, version: number, arm: Arm): ModelMetrics => {
    const labels = [model, version, arm] as const;
    const timesOf = (outcome: RequestOutcome): { whole: Distribution; inModel: Distribution } => ({
      whole: seconds.of(...labels, outcome),
      inModel: modelSeconds.of(...labels, outcome),
    });
    // Errors are said from the start, as zero: who watches for the first one needs something to compare it with.
    const [ok, error] = [timesOf('ok'), timesOf('error')];
    const queue = queueSeconds.of(...labels);
    const batch = batchRows.of(...labels);
    return {
      answered({ ms, failed, modelMs, queueMs, batchRows: rows, trace }) {
        const times = failed ? error : ok;
        times.whole.observe(ms / 1_000, trace);
        if (modelMs <= 0) return;
        times.inModel.observe(modelMs / 1_000);
        queue.observe(queueMs / 1_000);
        batch.observe(rows);
      },
      cacheHit: () => cache.add(1, ...labels, 'hit'),
      cacheMiss: () => cache.add(1, ...labels, 'miss'),
    };
  };

  return {
    model(model, version, arm) {
      const versions = entryOf(handles, model, () => new Map<number, Map<Arm, ModelMetrics>>());
      const arms = entryOf(versions, version, () => new Map<Arm, ModelMetrics>());
      return entryOf(arms, arm, () => handle(model, version, arm));
    },
    refused(model, reason, status) {
      if (!handles.has(model) && !strangers.has(model)) {
        if (strangers.size >= mostStrangers) return refused.add(1, 'other', reason, status);
        strangers.add(model);
      }
      refused.add(1, model, reason, status);
    },
    mirrored: (model, version, outcome) => mirrored.add(1, model, version, outcome),
    mirrorDropped: (model, version, reason) => mirrorDropped.add(1, model, version, reason),
    feedback: (model, outcomes) => feedback.add(outcomes, model),
    logRefused: (model) => logErrors.add(1, model),
    largeInput: (model, input) => largeInputs.add(1, model, input),
    unlogged: (model) => unlogged.add(1, model),
    misfit: (model, version) => misfits.add(1, model, version),
    oddValues: (model, { column, oddity, values }) =>
      (oddity === 'unknown' ? unknownCategories : outOfRange).add(values, model, column),
    logSynced: (duration) => syncSeconds.of().observe(duration),
    observe(more) {
      metrics.push(...more);
    },
    snapshot: () => metrics.map((metric) => metric.snapshot()),
  };
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
