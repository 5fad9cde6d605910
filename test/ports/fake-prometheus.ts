import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { PrometheusOptions } from '../../ports/metric-source/prometheus.ts';
import type { KnownMetrics } from '../contracts/metric-source.suite.ts';
import { listen } from '../support/listen.ts';

/** A counter of one version, read at every interval: `[milliseconds, value]`. */
export interface ReadCounter {
  readonly name: string;
  readonly version: number;
  readonly samples: readonly (readonly [number, number])[];
}

/** The counters `served_total` and `<event>_total` of each version, as an exporter would show them. */
export function countersOf({ answered, interval, begin, end, versions, events }: KnownMetrics): ReadCounter[] {
  const times = Array.from({ length: (end - begin) / interval + 1 }, (_, reading) => begin + reading * interval);
  return versions.flatMap((version) =>
    ['served', ...events].map((kind) => {
      const seen = answered.filter((one) => one.version === version && (kind === 'served' || one.kinds.includes(kind)));
      const samples = times.map((time) => [time, seen.filter(({ at }) => at <= time).length] as const);
      return { name: `${kind}_total`, version, samples };
    }),
  );
}

/** Options of a source that reads those counters. */
export const prometheusOptions = (url: string, { interval, events }: KnownMetrics): PrometheusOptions => ({
  url,
  tokenFile: null,
  caFile: null,
  timeout: 10_000,
  requests: 'served_total{version="{version}"}',
  events: Object.fromEntries(
    events.map((event) => [event, { selector: `${event}_total{version="{version}"}`, absent: 'error' }]),
  ),
  lookback: 3_600_000,
  gap: 2 * interval,
});

/** A server that answers the two queries of our source, `counter{version="1"}[60000ms]` and `last_over_time(...)`, from memory. */
export async function startFakePrometheus(
  counters: readonly ReadCounter[],
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => void answer(request, response, counters));
  const url = await listen(server);
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  counters: readonly ReadCounter[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const query = form.get('query') ?? '';
  const [, name, version, span] = /(\w+)\{version="(\d+)"\}\[(\d+)ms\]/.exec(query) ?? [];
  const to = Math.round(Number(form.get('time')) * 1_000);
  const from = to - Number(span);
  const found = counters
    .filter((counter) => counter.name === name && String(counter.version) === version)
    .map(({ samples }) => samples.filter(([at]) => at > from && at <= to))
    .filter((samples) => samples.length > 0)
    .map((samples) => samples.map(([at, value]) => [at / 1_000, String(value)]));
  const metric = { __name__: name, version };
  const data = query.startsWith('last_over_time')
    ? { resultType: 'vector', result: found.map((values) => ({ metric, value: values.at(-1) })) }
    : { resultType: 'matrix', result: found.map((values) => ({ metric, values })) };
  response.writeHead(200, { connection: 'close' });
  response.end(JSON.stringify({ status: 'success', data }));
}
