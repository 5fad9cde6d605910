import type { ServerResponse } from 'node:http';
import { withoutPaths } from '../warnings.ts';
import { mergeSnapshots, renderMetrics } from '../metrics/render.ts';
import { demand, sendJson, type Exchange, type RestParts } from './exchange.ts';

export interface Readiness {
  readonly status: 'starting' | 'ready' | 'degraded' | 'refusing' | 'draining';
  readonly reasons: readonly string[];
}

/**
 * A gateway that serves by an old record, or whose log waits for the store, is still the better answer than none: degraded is ready. One
 * whose log takes nothing cannot acknowledge feedback nor answers, and is not, unless all of its models are served unlogged then.
 */
export function readinessOf({ draining, follower, guard, spool, quarantined }: RestParts): Readiness {
  if (draining()) return { status: 'draining', reasons: [] };
  const { status, reasons } = follower.health();
  const { problem, refusing } = spool.health();
  const more = [...reasons, ...quarantined(), ...guard.reasons(), ...(problem === null ? [] : [problem])].map(
    withoutPaths,
  );
  if (more.length === 0 || status === 'starting') return { status, reasons: more };
  return { status: refusing && !follower.servesUnlogged() ? 'refusing' : 'degraded', reasons: more };
}

export function sendReadiness(parts: RestParts, response: ServerResponse): void {
  const readiness = readinessOf(parts);
  const ready = readiness.status === 'ready' || readiness.status === 'degraded';
  sendJson(response, ready ? 200 : 503, { ready, ...readiness, instance: parts.instance });
}

/** What this process counted, and those beside it. */
export async function sendMetrics(parts: RestParts, { request, response, header }: Exchange): Promise<void> {
  demand(request, 'GET');
  const open = header('accept')?.includes('application/openmetrics-text') ?? false;
  const text = renderMetrics(mergeSnapshots(await parts.peers.snapshots()), open ? 'openmetrics' : 'prometheus');
  response.writeHead(200, {
    'content-type': open
      ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
      : 'text/plain; version=0.0.4; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
