import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../config/schema.ts';
import type { Admission } from '../admission/admission.ts';
import type { ByteBudget, HeldBytes } from '../admission/byte-budget.ts';
import type { Quota } from '../admission/quota.ts';
import type { GatewayGuard } from '../guard/gateway-guard.ts';
import type { InferParts } from '../inference/infer.ts';
import { methodNotAllowed } from '../call/http-error.ts';
import type { PeerMetrics } from '../metrics/peers.ts';
import { jsonBodyLimit, readBody } from '../protocol/read-body.ts';
import type { Report } from '../warnings.ts';
import type { InferMessage } from '../call/infer-message.ts';
import { jsonReply, type HttpReply } from './reply.ts';

export interface RestParts extends InferParts {
  readonly guard: GatewayGuard;
  readonly settings: Config['gateway'];
  readonly admission: Admission;
  readonly quota: Quota;
  readonly bytes: ByteBudget;
  readonly peers: PeerMetrics;
  readonly draining: () => boolean;
  /** Versions that run in processes of their own because they held up the event loop, for people. */
  readonly quarantined: () => readonly string[];
  /** Takes what went wrong that nobody foresaw. */
  readonly report: Report;
}

/** One HTTP request and the way to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A request header by its lower-case name. */
  readonly header: (name: string) => string | null;
  /** `performance.now()` at the arrival. */
  readonly started: number;
  /** What its body takes of the memory for bodies; released when it is answered. */
  readonly held: HeldBytes;
}

/** The message of an exchange over Node's HTTP server. */
export const inferMessageOf = (
  { request, header, started, held }: Exchange,
  settings: RestParts['settings'],
): InferMessage => ({
  header,
  address: request.socket.remoteAddress ?? '',
  started,
  body: () =>
    readBody(request, header('inference-header-content-length') === null ? jsonBodyLimit(settings) : settings, held),
});

export function sendReply(response: ServerResponse, { status, headers, body }: HttpReply, held?: HeldBytes): void {
  const length = Buffer.byteLength(body);
  held?.add(length);
  response.writeHead(status, { ...headers, 'content-length': length });
  response.end(body);
}

/** As `sendReply`, of a body in parts that others share: they are not joined, and not counted. */
export function sendParts(response: ServerResponse, contentType: string, parts: readonly Buffer[]): void {
  let length = 0;
  for (const part of parts) length += part.length;
  response.writeHead(200, { 'content-type': contentType, 'content-length': length });
  for (const part of parts) response.write(part);
  response.end();
}

export const sendJson = (response: ServerResponse, status: number, value: object, headers = {}): void =>
  sendReply(response, jsonReply(status, value, headers));

/** Throws `HttpError` 405. */
export function demand({ method }: IncomingMessage, wanted: 'GET' | 'POST'): void {
  if (method === wanted || (wanted === 'GET' && method === 'HEAD')) return;
  throw methodNotAllowed(wanted);
}
