import { randomUUID } from 'node:crypto';
import { mirrorVersion } from '../../contracts/release/mirrored-requests.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import type { PredictionEntry } from '../../contracts/serving/prediction-log.ts';
import type { ServingPolicy } from '../../contracts/serving/serving-policy.ts';
import { servingPolicySchema } from '../../contracts/serving/serving-policy.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { checkDeadline, deadlineOf } from '../admission/deadline.ts';
import type { Shedder } from '../admission/shed.ts';
import { requestKey } from '../cache/request-key.ts';
import { isRequestId } from '../call/repeated-headers.ts';
import type { Follower } from '../models/follower.ts';
import type { Serving } from '../models/followed-model.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import type { Pass } from '../models/served-version.ts';
import type { GatewayGuard } from '../guard/gateway-guard.ts';
import { checkOutputs, fittingRoute } from './fit-request.ts';
import type { Answered } from '../call/answered.ts';
import { badRequest, HttpError, unavailable } from '../call/http-error.ts';
import type { InferAnswer, InferCall } from '../call/infer-call.ts';
import type { InferRequest } from '../call/infer-request.ts';
import { oddValues } from './inputs-notes.ts';
import { LogRefusedError } from '../log/log-refused.ts';
import type { PredictionSpool } from '../log/prediction-spool.ts';
import type { GatewayMetrics } from '../metrics/gateway-metrics.ts';
import type { Mirror, MirrorJob } from './mirror.ts';
import type { RecentRequests } from './recent-requests.ts';
import { publicMessageOf } from '../warnings.ts';
import { route } from '../routing/route.ts';
import { type Route } from '../call/infer-call.ts';
import { stickyKey } from '../routing/sticky-key.ts';
import { isLong, nextTurn } from '../turn.ts';
import { mainVersion, type VersionRuntime, type VersionRuntimes } from './version-runtime.ts';

export interface InferParts {
  readonly instance: string;
  readonly follower: Follower;
  readonly runtimes: VersionRuntimes;
  readonly mirror: Mirror;
  readonly guard: Pick<GatewayGuard, 'answered'>;
  readonly spool: PredictionSpool;
  readonly recent: RecentRequests;
  readonly metrics: GatewayMetrics;
  readonly shedder: Shedder;
}

/** Where no version is loaded whose policy could count. */
const defaultPolicy = servingPolicySchema.parse({});

/** Routes, answers, logs and mirrors one request. Throws `HttpError` where no version was asked. */
export async function infer(parts: InferParts, call: InferCall): Promise<InferAnswer> {
  const serving = parts.follower.serving(call.model) ?? (await parts.follower.ensure(call.model));
  const { record } = serving;
  const { request } = call;
  const policy = mainVersion(serving)?.policy ?? defaultPolicy;
  const id = checkedId(call.header('x-request-id') ?? request.id ?? randomUUID());
  const key = stickyKey(call.header, request, policy, id);
  const routed = route(record, policy, { call, key, loaded: serving.versions });
  const fitting = fittingRoute(parts.runtimes, serving, routed, call);
  const { route: taken, misfit } = fitting instanceof Promise ? await fitting : fitting;
  const served = serving.versions.get(taken.version);
  if (served === undefined) throw unavailable(`model "${call.model}" version ${taken.version} is not loaded`);
  const runtime = parts.runtimes.of(call.model, served);
  const deadline = deadlineOf(call, served.policy);
  checkDeadline(deadline);
  const outcome = await answer({ call, serving, runtime, route: taken, deadline });
  const long = isLong(outcome.rows, served.signature);
  if (long) await nextTurn();
  // What no model was run for did not wait for one.
  if (outcome.batchRows > 0 && !outcome.cached) parts.shedder.waited(outcome.queueMs);
  const ms = performance.now() - call.started;
  const failed = outcome.error !== null;
  const { modelMs, queueMs, rows, batchRows } = outcome;
  const trace = call.header('traceparent');
  const answered: Answered = { route: taken, key, at: call.at, ms, failed, modelMs, queueMs, rows, batchRows, trace };
  parts.recent.remember(id, call.model, rows);
  const counts = taken.counts && !outcome.cached;
  if (counts && record.guard !== null) parts.guard.answered(record, answered);
  const durable = note(parts, runtime, {
    kind: 'prediction',
    id,
    key: key === id ? id : parts.runtimes.loggableKey(key, serving, served),
    at: call.at,
    model: call.model,
    version: taken.version,
    arm: taken.arm,
    share: taken.share,
    seq: record.seq,
    release: counts ? record.release : null,
    instance: parts.instance,
    ms,
    modelMs,
    error: outcome.error,
    rows,
    inputs: runtime.loggable.inputs(outcome.feeds),
    outputs: outcome.outputs,
  });
  if (durable !== null) await durable;
  if (long) await nextTurn();
  runtime.metrics(taken.arm).answered(answered);
  runtime.statistics.answered(answered);
  if (!failed) for (const odd of oddValues(served.columns, outcome.feeds)) parts.metrics.oddValues(call.model, odd);
  if (!failed) parts.follower.remember(call.model, outcome.feeds);
  const asked = { id, request, rows };
  if (counts) mirror(parts, record, taken.version, asked);
  if (misfit !== null) {
    const { version, reason } = misfit;
    parts.metrics.misfit(call.model, version);
    parts.mirror.misfit({ ...asked, model: call.model, version, seq: record.seq, release: record.release }, reason);
  }
  return {
    id,
    model: call.model,
    route: taken,
    status: outcome.status,
    error: outcome.error,
    outputs: failed ? {} : wantedOutputs(outcome.outputs, request),
    cached: outcome.cached,
    feeds: outcome.feeds,
    columns: served.columns,
  };
}

interface Outcome {
  readonly status: number;
  readonly error: string | null;
  readonly feeds: Feeds;
  readonly rows: number;
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly modelMs: number;
  readonly queueMs: number;
  readonly batchRows: number;
  readonly cached: boolean;
}

interface Question {
  readonly call: InferCall;
  readonly serving: Serving;
  readonly runtime: VersionRuntime;
  readonly route: Route;
  readonly deadline: number | null;
}

const noOutputs: Readonly<Record<string, Tensor>> = {};

/** Throws `HttpError` where the request itself is to blame. */
async function answer({ call, serving, runtime, route: taken, deadline }: Question): Promise<Outcome> {
  const fed = runtime.feedsOf(call.request);
  const { feeds, rows } = fed instanceof Promise ? await fed : fed;
  checkOutputs(runtime, call.request);
  if (isLong(rows, runtime.served.signature)) await nextTurn();
  try {
    // A release is judged on answers that its versions gave now.
    const cacheable = serving.record.release === null;
    const { pass, cached } =
      cacheable && (runtime.cache !== null || runtime.coalescer !== null)
        ? await sharedPass(runtime, taken, feeds, rows, call)
        : { pass: await runtime.served.run(feeds, rows, call.caller.priority, deadline), cached: false };
    const { outputs, modelMs, queueMs, batchRows } = pass;
    const late = deadline !== null && performance.now() > deadline;
    const error = late ? `model "${call.model}" version ${taken.version} did not answer before the deadline` : null;
    return { status: late ? 504 : 200, error, feeds, rows, outputs, modelMs, queueMs, batchRows, cached };
  } catch (error) {
    return {
      status: error instanceof HttpError ? error.status : 500,
      error: `model "${call.model}" version ${taken.version} failed: ${publicMessageOf(error)}`,
      feeds,
      rows,
      outputs: noOutputs,
      modelMs: 0,
      queueMs: 0,
      batchRows: 0,
      cached: false,
    };
  }
}

async function sharedPass(
  runtime: VersionRuntime,
  taken: Route,
  feeds: Feeds,
  rows: number,
  call: InferCall,
): Promise<{ pass: Pass; cached: boolean }> {
  const { served, cache, coalescer } = runtime;
  const key = requestKey(served.version, feeds);
  const known = cache?.get(key);
  if (known !== undefined) {
    runtime.metrics(taken.arm).cacheHit();
    runtime.statistics.cacheHits += 1;
    return { pass: { outputs: known, modelMs: 0, queueMs: 0, batchRows: rows }, cached: true };
  }
  if (cache !== null) runtime.metrics(taken.arm).cacheMiss();
  const run = (): Promise<Pass> => served.run(feeds, rows, call.caller.priority);
  const pass = coalescer === null ? await run() : await coalescer.share(key, run);
  cache?.set(key, pass.outputs);
  return { pass, cached: false };
}

function wantedOutputs(
  outputs: Readonly<Record<string, Tensor>>,
  request: InferRequest,
): Readonly<Record<string, Tensor>> {
  if (request.outputs === null) return outputs;
  const wanted: Record<string, Tensor> = {};
  for (const { name } of request.outputs) {
    const tensor = outputs[name];
    if (tensor !== undefined) wanted[name] = tensor;
  }
  return wanted;
}

/** A promise where the answer must wait for the disk. Throws `HttpError` 503 where the model's policy wants no unlogged answer. */
function note(parts: InferParts, { served }: VersionRuntime, entry: PredictionEntry): Promise<void> | null {
  const { ack, unlogged } = served.policy;
  try {
    const durable = parts.spool.append(entry, ack === 'fsync');
    return durable === null ? null : durable.catch((error: unknown) => unnoted(parts, entry, unlogged, error));
  } catch (error) {
    if (!(error instanceof LogRefusedError)) throw error;
    unnoted(parts, entry, unlogged, error);
    return null;
  }
}

/** Throws `HttpError` 503 where an answer may not leave unlogged. */
function unnoted(
  { metrics }: InferParts,
  { model }: PredictionEntry,
  unlogged: ServingPolicy['unlogged'],
  error: unknown,
): void {
  if (unlogged === 'serve') {
    metrics.unlogged(model);
    return;
  }
  metrics.logRefused(model);
  throw new HttpError(503, `the prediction log cannot be written, so nothing is predicted: ${publicMessageOf(error)}`, {
    cause: error,
    headers: { 'retry-after': '1' },
  });
}

function mirror(
  parts: InferParts,
  record: Deployment,
  answered: number,
  asked: Pick<MirrorJob, 'id' | 'request' | 'rows'>,
): void {
  const version = mirrorVersion(record, answered, asked.id);
  if (version === null) return;
  parts.mirror.add({ ...asked, model: record.model, version, seq: record.seq, release: record.release });
}

function checkedId(id: string): string {
  if (isRequestId(id)) return id;
  throw badRequest('a request id must be 1 to 256 printable ASCII characters');
}
