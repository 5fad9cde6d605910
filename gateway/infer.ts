import { randomUUID } from 'node:crypto';
import type { Follower } from './follow.ts';
import type { Serving } from './follow-model.ts';
import { badRequest, HttpError, notFound, unavailable } from './http-error.ts';
import type { GatewayMetrics } from './metrics.ts';
import type { Mirror } from './mirror.ts';
import type { PredictionSpool } from './log/prediction-spool.ts';
import { feedsOf } from './protocol/feeds.ts';
import type { InferRequest } from './protocol/infer-request.ts';
import { inferResponse, rowAnswers, type RowAnswer } from './protocol/infer-response.ts';
import type { RecentRequests } from './recent.ts';
import { predictionRecords } from './records.ts';
import { messageOf } from './report.ts';
import { mirrorVersion, routeKey, type Route } from './routing.ts';
import type { ServedVersion } from './served-version.ts';

export interface InferParts {
  readonly instance: string;
  readonly follower: Follower;
  readonly mirror: Mirror;
  readonly spool: PredictionSpool;
  readonly recent: RecentRequests;
  readonly metrics: GatewayMetrics;
}

export interface InferCall {
  readonly model: string;
  /** Named in the path; null leaves it to the deployment record. */
  readonly version: number | null;
  readonly request: InferRequest;
  readonly id: string | null;
  readonly key: string | null;
  /** `performance.now()` and `Date.now()` at the arrival. */
  readonly started: number;
  readonly at: number;
}

export interface InferResult {
  readonly status: number;
  readonly body: string;
  readonly id: string;
  readonly route: Route;
}

/** The deployment in force. Throws `HttpError` 404 or 503. */
export function servingOf(follower: Follower, model: string): Serving {
  const serving = follower.serving(model);
  if (serving === undefined)
    throw notFound(`there is no model "${model}": known are ${follower.models().join(', ') || 'none'}`);
  if (serving === null) throw unavailable(`model "${model}" has no version in service yet`);
  return serving;
}

/** Routes, answers, logs and mirrors one request. Throws `HttpError` where no version was asked. */
export async function infer(parts: InferParts, call: InferCall): Promise<InferResult> {
  const serving = servingOf(parts.follower, call.model);
  const id = checkedId(call.id ?? call.request.id ?? randomUUID());
  const key = call.key ?? call.request.key ?? id;
  const route = call.version === null ? routeKey(serving.record, key) : namedRoute(serving, call.version);
  const served = serving.versions.get(route.version);
  if (served === undefined) throw unavailable(`model "${call.model}" version ${route.version} is not loaded`);
  const outcome = await answer(served, serving, route, call, id);
  const ms = performance.now() - call.started;
  const { seq, release } = serving.record;
  const facts = {
    id,
    key,
    at: call.at,
    model: call.model,
    version: route.version,
    arm: route.arm,
    share: route.share,
    seq,
    // A version that was asked for by number says nothing about the split: it stays out of the release's evidence.
    release: call.version === null ? release : null,
    instance: parts.instance,
    ms,
    error: outcome.error,
  };
  const inputs = served.loaded.signature.inputs.map(({ name }) => name);
  parts.recent.remember(id, call.model);
  try {
    await parts.spool.append(call.model, predictionRecords(facts, call.request, inputs, outcome.answers));
  } catch (error) {
    parts.metrics.logErrors.add({ model: call.model });
    throw new HttpError(503, 'the prediction log cannot be written, so nothing is predicted', { cause: error });
  }
  const labels = { model: call.model, version: route.version, arm: route.arm };
  parts.metrics.requests.add({ ...labels, outcome: outcome.error === null ? 'ok' : 'error' });
  parts.metrics.seconds.observe(labels, ms / 1_000);
  const other = call.version === null ? mirrorVersion(serving.record, route.version, id) : null;
  if (other !== null) parts.mirror.add({ id, model: call.model, version: other, seq, release, request: call.request });
  return { status: outcome.status, body: outcome.body, id, route };
}

interface Outcome {
  readonly status: number;
  readonly body: string;
  readonly answers: readonly RowAnswer[] | null;
  readonly error: string | null;
}

/** Throws `HttpError` where the request itself is to blame. */
async function answer(
  served: ServedVersion,
  serving: Serving,
  route: Route,
  call: InferCall,
  id: string,
): Promise<Outcome> {
  try {
    const feeds = feedsOf(call.request, served.loaded.signature);
    const outputs = await served.run(feeds);
    const { model, request } = call;
    const body = inferResponse({ model, version: route.version, id, outputs, wanted: request.outputs });
    return { status: 200, body, answers: rowAnswers(outputs, request.rows), error: null };
  } catch (error) {
    if (error instanceof HttpError && !(route.arm === 'canary' && championTakes(serving, call.request))) throw error;
    const message = `model "${call.model}" version ${route.version} failed: ${messageOf(error)}`;
    const status = error instanceof HttpError ? error.status : 500;
    return { status, body: JSON.stringify({ error: message }), answers: null, error: message };
  }
}

/** A request that the champion would take and the canary refuses is the canary's error, not the client's. */
function championTakes(serving: Serving, request: InferRequest): boolean {
  const champion = serving.versions.get(serving.record.champion ?? 0);
  if (champion === undefined) return false;
  try {
    feedsOf(request, champion.loaded.signature);
    const outputs = new Set(champion.loaded.signature.outputs.map(({ name }) => name));
    return request.outputs === null || request.outputs.every((name) => outputs.has(name));
  } catch {
    return false;
  }
}

function namedRoute(serving: Serving, version: number): Route {
  const { canary, model } = serving.record;
  if (!serving.versions.has(version))
    throw notFound(
      `model "${model}" does not serve version ${version}: loaded are ${[...serving.versions.keys()].join(', ')}`,
    );
  return { version, arm: canary?.version === version ? 'canary' : 'champion', share: canary?.share ?? 0 };
}

function checkedId(id: string): string {
  if (/^[\x20-\x7e]{1,256}$/.test(id)) return id;
  throw badRequest('a request id must be 1 to 256 printable ASCII characters');
}
