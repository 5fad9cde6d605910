import type { FamilySnapshot, Scope } from './snapshot.ts';

type Kind = FamilySnapshot['kind'];

/** What is known of a metric before it counts anything. */
export interface MetricDefinition<K extends Kind = Kind> {
  readonly kind: K;
  /** As its samples are named: a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  /** Names of its labels; its scope may add the label `process`. */
  readonly labels: readonly string[];
  readonly scope: Scope;
}

const defined =
  <K extends Kind>(kind: K, usual: Scope) =>
  (name: string, help: string, labels: readonly string[] = [], scope: Scope = usual): MetricDefinition<K> => ({
    kind,
    name,
    help,
    labels,
    scope,
  });

export const defineCounter = defined('counter', 'sum');
export const defineHistogram = defined('histogram', 'sum');
export const defineGauge = defined('gauge', 'process');

const versionLabels = ['model', 'version', 'arm'];
const outcomeLabels = [...versionLabels, 'outcome'];

/** Requests, and what became of them. */
const requests = {
  count: defineCounter('pawl_requests_total', 'Inference requests by model, version, arm and outcome.', outcomeLabels),
  seconds: defineHistogram(
    'pawl_request_seconds',
    'Seconds from the arrival of a request to its answer.',
    outcomeLabels,
  ),
  modelSeconds: defineHistogram(
    'pawl_model_seconds',
    'Seconds that the model took for the pass that a request was part of.',
    outcomeLabels,
  ),
  queueSeconds: defineHistogram('pawl_queue_seconds', 'Seconds that a request waited for the model.', versionLabels),
  batchRows: defineHistogram('pawl_batch_rows', 'Rows of the pass that a request was part of.', versionLabels),
  cache: defineCounter('pawl_cache_total', 'Requests that asked the cache of answers, by result.', [
    ...versionLabels,
    'result',
  ]),
  refused: defineCounter('pawl_refused_total', 'Requests that no version was asked for, by reason and status.', [
    'model',
    'reason',
    'status',
  ]),
  mirrored: defineCounter('pawl_mirrored_total', 'Mirrored requests that another version answered.', [
    'model',
    'version',
    'outcome',
  ]),
  mirrorDropped: defineCounter('pawl_mirror_dropped_total', 'Mirrored requests that were dropped, by reason.', [
    'model',
    'version',
    'reason',
  ]),
  feedback: defineCounter('pawl_feedback_total', 'Labels and values that came back.', ['model']),
  logErrors: defineCounter(
    'pawl_log_errors_total',
    'Requests refused because the prediction log could not be written.',
    ['model'],
  ),
  largeInputs: defineCounter(
    'pawl_log_large_inputs_total',
    'Inputs left out of the log because they have more values a row than serving.log.maxValues.',
    ['model', 'input'],
  ),
  unlogged: defineCounter('pawl_unlogged_total', 'Requests answered without a log record.', ['model']),
  unknownCategories: defineCounter(
    'pawl_unknown_categories_total',
    'Values of categorical columns that training did not see.',
    ['model', 'column'],
  ),
  outOfRange: defineCounter('pawl_values_out_of_range_total', "Values outside the dataset's min and max.", [
    'model',
    'column',
  ]),
  misfits: defineCounter(
    'pawl_misfit_requests_total',
    'Requests that the version could not take and another version answered.',
    ['model', 'version'],
  ),
  syncSeconds: defineHistogram('pawl_log_sync_seconds', 'Seconds of a sync of the prediction log.'),
};

/** What is read when metrics are asked for, rather than counted. */
const gauges = {
  deploymentSeq: defineGauge('pawl_deployment_seq', 'Sequence number of the deployment record in force.', ['model']),
  deploymentRefused: defineGauge(
    'pawl_deployment_refused',
    '1 where the deployment record in the store was changed and is not followed.',
    ['model'],
  ),
  canaryShare: defineGauge('pawl_canary_share', 'Share of traffic that the canary gets.', ['model']),
  cacheBytes: defineGauge('pawl_cache_bytes', 'Bytes of the answers that are kept.', ['model', 'version']),
  loadedBytes: defineGauge('pawl_models_loaded_bytes', 'Bytes of the models in memory.'),
  mirrorWaiting: defineGauge('pawl_mirror_waiting', 'Mirrored requests that wait for an answer.'),
  segmentsWaiting: defineGauge('pawl_log_segments_waiting', 'Sealed segments that are not yet in the store.'),
  waitingBytes: defineGauge('pawl_log_waiting_bytes', 'Bytes of local segments that wait for the store.'),
  segmentsCorrupt: defineGauge(
    'pawl_log_segments_corrupt',
    'Segments that were set aside since the start because they cannot be read.',
  ),
  pendingBytes: defineGauge('pawl_log_pending_bytes', 'Bytes of records that wait for the disk.'),
  logLag: defineGauge('pawl_log_lag_seconds', 'Age of the oldest record that is not on disk yet.'),
  bytesInFlight: defineGauge('pawl_bytes_in_flight', 'Bytes of requests and answers that are in memory.'),
  requestsInFlight: defineGauge('pawl_requests_in_flight', 'Requests that were let in and are not answered yet.'),
  shedding: defineGauge('pawl_shedding', '1 while load is shed.'),
  degraded: defineGauge(
    'pawl_degraded',
    '1 while the gateway serves by an old deployment record or cannot write its log.',
  ),
};

/** A process's own guard of canaries. */
const guard = {
  evidence: defineGauge(
    'pawl_gateway_guard_evidence',
    'E-value of this process against the canary; the guard fires at pawl_gateway_guard_limit.',
    ['model', 'guard'],
  ),
  limit: defineGauge('pawl_gateway_guard_limit', 'E-value at which the guard fires.', ['model', 'guard']),
  judging: defineGauge(
    'pawl_gateway_guard_judging',
    '1 while this process judges the canary; 0 where it holds no slot, or too many keys had events.',
    ['model', 'guard'],
  ),
  slots: defineGauge(
    'pawl_gateway_guard_slots',
    'Slots of the running releases that are held by these processes.',
    ['model'],
    'sum',
  ),
  rollbacks: defineCounter(
    'pawl_gateway_guard_rollbacks_total',
    'Canaries that the guard of the gateways rolled back.',
    ['model'],
  ),
};

/** The processes behind one port. */
const cluster = {
  processes: defineGauge('pawl_processes', 'Serving processes that there should be.', [], 'same'),
  up: defineGauge('pawl_processes_up', 'Serving processes that said what they count.', [], 'same'),
  restarts: defineCounter('pawl_process_restarts_total', 'Serving processes that were started again.'),
};

/** The process itself: CPU, memory, event loop, garbage collection, files, versions. */
const process = {
  cpuSeconds: defineCounter(
    'pawl_process_cpu_seconds_total',
    'Processor time that the process used.',
    ['mode'],
    'process',
  ),
  residentMemory: defineGauge('pawl_process_resident_memory_bytes', 'Memory of the process that is in RAM.'),
  heap: defineGauge('pawl_process_heap_bytes', 'JavaScript heap in use.'),
  external: defineGauge(
    'pawl_process_external_bytes',
    'Buffers and other memory that JavaScript objects hold outside the heap.',
  ),
  loopDelay: defineHistogram(
    'pawl_event_loop_delay_seconds',
    'By how much a timer came late, the longest of each 50 ms.',
    [],
    'process',
  ),
  loopDelayMax: defineGauge('pawl_event_loop_delay_max_seconds', 'Longest delay of the last 10 to 20 seconds.'),
  loopUtilization: defineGauge(
    'pawl_event_loop_utilization',
    'Share of the last 10 to 20 seconds that the event loop was busy; 0 to 1.',
  ),
  gcSeconds: defineHistogram('pawl_gc_seconds', 'Seconds of a garbage collection, by kind.', ['kind'], 'process'),
  openFiles: defineGauge('pawl_process_open_fds', 'Open files and sockets; on Linux.'),
  startTime: defineGauge('pawl_process_start_time_seconds', 'Start of the process, seconds since the epoch.'),
  build: defineGauge(
    'pawl_build_info',
    'Always 1; its labels name what runs.',
    ['version', 'node', 'onnxruntime'],
    'same',
  ),
};

/** Every metric of a gateway, by what it is about. */
export const metricDefinitions = { requests, gauges, guard, cluster, process };
