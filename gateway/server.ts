import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../config/schema.ts';
import { takeFeedback } from './feedback.ts';
import { HttpError, notFound } from './http-error.ts';
import { infer, servingOf, type InferParts } from './infer.ts';
import { modelMetadata, serverMetadata } from './metadata.ts';
import { Gauge } from './metrics.ts';
import { parseInferRequest } from './protocol/infer-request.ts';
import { readBody } from './read-body.ts';
import { messageOf } from './report.ts';

export interface ServerParts extends InferParts {
  readonly limits: Pick<Config['gateway'], 'maxBodyBytes' | 'maxRows'>;
  readonly draining: () => boolean;
}

const modelPath = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/;

/** Answers HTTP requests; never throws. */
export async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await dispatch(parts, request, response);
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    parts.metrics.requests.add({ model: '', version: '', arm: '', outcome: String(status) });
    if (!request.complete) {
      // What is left of a body that was refused is let pass, so that the client gets to read why.
      request.resume();
      response.setHeader('connection', 'close');
    }
    sendJson(response, status, { error: messageOf(error) });
  }
}

async function dispatch(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  if (parts.draining()) response.setHeader('connection', 'close');
  const path = (request.url ?? '/').replace(/\?.*$/, '');
  const model = modelPath.exec(path);
  if (model !== null) {
    const [, name = '', version, verb] = model;
    await onModel(parts, request, response, {
      name: decoded(name),
      version: version === undefined ? null : versionNumber(version),
      verb: verb ?? 'metadata',
      started,
    });
    return;
  }
  switch (path) {
    case '/v2':
    case '/v2/':
      sendJson(response, 200, serverMetadata);
      return;
    case '/healthz':
    case '/v2/health/live':
      sendJson(response, 200, { live: true });
      return;
    case '/readyz':
    case '/v2/health/ready':
      sendReadiness(parts, response);
      return;
    case '/metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(parts.metrics.render(gauges(parts)));
      return;
    case '/feedback': {
      demand(request, 'POST');
      const accepted = await takeFeedback(parts, await readBody(request, parts.limits.maxBodyBytes));
      sendJson(response, 202, { accepted });
      return;
    }
    default:
      throw notFound(`there is nothing at ${path}`);
  }
}

interface ModelCall {
  readonly name: string;
  readonly version: number | null;
  readonly verb: string;
  readonly started: number;
}

async function onModel(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  { name, version, verb, started }: ModelCall,
): Promise<void> {
  if (verb === 'infer') {
    demand(request, 'POST');
    const at = Date.now();
    const body = await readBody(request, parts.limits.maxBodyBytes);
    const result = await infer(parts, {
      model: name,
      version,
      request: parseInferRequest(body, parts.limits.maxRows),
      id: header(request, 'x-request-id'),
      key: header(request, 'x-pawl-key'),
      started,
      at,
    });
    response.writeHead(result.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(result.body),
      'x-request-id': result.id,
      'x-pawl-version': result.route.version,
      'x-pawl-arm': result.route.arm,
    });
    response.end(result.body);
    return;
  }
  if (verb === 'ready') {
    const serving = parts.follower.serving(name);
    if (serving === undefined) servingOf(parts.follower, name);
    const wanted = version ?? serving?.record.champion ?? 0;
    const ready = serving?.versions.has(wanted) ?? false;
    sendJson(response, ready ? 200 : 503, { name, ready });
    return;
  }
  sendJson(response, 200, modelMetadata(servingOf(parts.follower, name), version));
}

/** A gateway that serves by an old record is still the better answer than none: degraded is 200. */
function sendReadiness(parts: ServerParts, response: ServerResponse): void {
  const health = parts.draining() ? { status: 'draining', reasons: [] } : parts.follower.health();
  const status = health.status === 'ready' || health.status === 'degraded' ? 200 : 503;
  sendJson(response, status, { ...health, instance: parts.instance });
}

function gauges(parts: ServerParts): Gauge[] {
  const { follower, mirror, spool } = parts;
  const records = follower.models().map((model) => ({ model, record: follower.serving(model)?.record }));
  return [
    new Gauge('pawl_deployment_seq', 'Sequence number of the deployment record in force.', () =>
      records.map(({ model, record }) => [{ model }, record?.seq ?? 0]),
    ),
    new Gauge('pawl_canary_share', 'Share of traffic that the canary gets.', () =>
      records.map(({ model, record }) => [{ model }, record?.canary?.share ?? 0]),
    ),
    new Gauge('pawl_mirror_waiting', 'Copies of requests that wait for an answer.', () => [[{}, mirror.waiting]]),
    new Gauge('pawl_log_segments_waiting', 'Sealed segments that are not yet in the store.', () => [
      [{}, spool.waiting],
    ]),
    new Gauge('pawl_degraded', '1 while the gateway serves by an old deployment record.', () => [
      [{}, follower.health().status === 'degraded' ? 1 : 0],
    ]),
  ];
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function demand(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw new HttpError(405, `use ${method} here`);
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    throw notFound(`there is no model "${name}"`);
  }
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw notFound(`there is no version "${text}": versions are numbers`);
}
