import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config } from '../../config/schema.ts';
import type { Callers } from '../admission/callers.ts';
import type { Quota } from '../admission/quota.ts';
import type { InferParts } from '../infer.ts';
import { methodNotAllowed } from '../http-error.ts';
import type { PeerMetrics } from '../metrics/peers.ts';

export interface RestParts extends InferParts {
  readonly settings: Config['gateway'];
  readonly callers: Callers;
  readonly quota: Quota;
  readonly peers: PeerMetrics;
  readonly draining: () => boolean;
}

/** One HTTP request and the way to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** A request header by its lower-case name. */
  readonly header: (name: string) => string | null;
  /** `performance.now()` at the arrival. */
  readonly started: number;
}

export function sendJson(response: ServerResponse, status: number, value: object, headers = {}): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Throws `HttpError` 405. */
export function demand({ method }: IncomingMessage, wanted: 'GET' | 'POST'): void {
  if (method === wanted || (wanted === 'GET' && method === 'HEAD')) return;
  throw methodNotAllowed(wanted);
}
