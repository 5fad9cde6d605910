import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createPrometheusSource, type PrometheusOptions } from '../../ports/metric-source/prometheus.ts';
import { runCommand } from '../support/command.ts';
import { listen } from '../support/listen.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const query = {
  event: 'error',
  champion: { version: 1, digest },
  canary: { version: 2, digest },
  windows: [{ from: 1_000_000, to: 1_060_000 }],
};

const optionsOf = (url: string): PrometheusOptions => ({
  url,
  tokenFile: null,
  caFile: null,
  timeout: 5_000,
  requests: 'served_total{version="{version}"}',
  events: { error: { selector: 'failed_total{version="{version}"}', absent: 'error' } },
  lookback: 60_000,
  gap: 60_000,
});

/** Answers every query as a healthy server would: each arm's counters grew by 5. */
async function healthy(request: IncomingMessage): Promise<{ status: number; body: Record<string, unknown> }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const asked = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('query') ?? '';
  const metric = { version: /version="(\d)"/.exec(asked)?.[1] ?? '' };
  const data = asked.startsWith('last_over_time')
    ? { resultType: 'vector', result: [{ metric, value: [1_000, '10'] }] }
    : {
        resultType: 'matrix',
        result: [
          {
            metric,
            values: [
              [1_010, '10'],
              [1_050, '15'],
            ],
          },
        ],
      };
  return { status: 200, body: { status: 'success', data } };
}

type Answer = (body: Record<string, unknown>) => { status?: number; body?: unknown } | 'hang up';

describe('a metric source whose server does not answer as it should', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function start(answer: Answer, seen: (request: IncomingMessage) => void = () => undefined): Promise<string> {
    const server = createServer((request, response) => void respond(request, response, answer, seen));
    servers.push(server);
    return listen(server);
  }

  async function respond(
    request: IncomingMessage,
    response: ServerResponse,
    answer: Answer,
    seen: (request: IncomingMessage) => void,
  ): Promise<void> {
    seen(request);
    const { body } = await healthy(request);
    const given = answer(body);
    if (given === 'hang up') return void request.socket.destroy();
    response.writeHead(given.status ?? 200, { connection: 'close' });
    response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body ?? body));
  }

  const samples =
    (values: unknown): Answer =>
    (body) => {
      const data = body.data as { resultType: string };
      return data.resultType === 'vector'
        ? { body }
        : { body: { status: 'success', data: { ...data, result: [{ metric: {}, values }] } } };
    };
  const failed = (errorType: string) => ({ status: 'error', errorType, error: 'why it failed' });

  const missing = { name: 'MissingMetricsError' };
  const cases: readonly (readonly [string, Answer, object, string])[] = [
    [
      'warns of a partial response',
      (body) => ({ body: { ...body, warnings: ['a store is away'] } }),
      missing,
      'a store is away',
    ],
    ['is overloaded', () => ({ status: 503, body: failed('timeout') }), missing, 'why it failed'],
    ['cannot carry the query out', () => ({ status: 422, body: failed('execution') }), missing, 'why it failed'],
    [
      'does not understand the query',
      () => ({ status: 400, body: failed('bad_data') }),
      { type: 'InvalidConfigError' },
      'why it failed',
    ],
    ['wants another token', () => ({ status: 401, body: 'no' }), { type: 'AccessDeniedError' }, 'tokenFile'],
    [
      'is something else',
      () => ({ status: 404, body: '<html>' }),
      { type: 'InvalidConfigError' },
      'not a Prometheus API',
    ],
    [
      'answers with a page',
      () => ({ body: '<html>sign in</html>' }),
      missing,
      'something other than an answer to a query',
    ],
    ['breaks off', () => 'hang up', missing, 'gave no answer'],
    ['says success without data', () => ({ body: { status: 'success' } }), missing, '200'],
    ['gives part of a count', samples([[1_050, '1.5']]), missing, 'not a count'],
    ['gives a negative count', samples([[1_050, '-1']]), missing, 'not a count'],
    ['gives an infinite count', samples([[1_050, '+Inf']]), missing, 'not a count'],
  ];
  test.each(cases)('throws, with what to do, where it %s', async (_, answer, error, message) => {
    const source = createPrometheusSource('churn', optionsOf(await start(answer)));
    await expect(source.counts(query)).rejects.toMatchObject({
      ...error,
      message: expect.stringContaining(message) as string,
    });
  });

  test('throws where it does not answer in time', async () => {
    const server = createServer(() => undefined);
    servers.push(server);
    const source = createPrometheusSource('churn', { ...optionsOf(await listen(server)), timeout: 50 });
    await expect(source.counts(query)).rejects.toMatchObject(missing);
    server.closeAllConnections();
  });

  test('shows the token that the file holds at the time of each analysis', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-token-'));
    const tokenFile = join(folder, 'token');
    const seen = new Set<string | undefined>();
    const url = await start(
      (body) => ({ body }),
      ({ headers }) => seen.add(headers.authorization),
    );
    const source = createPrometheusSource('churn', { ...optionsOf(url), tokenFile });
    await writeFile(tokenFile, 'first\n');
    await source.counts(query);
    await writeFile(tokenFile, 'second\n');
    await source.counts(query);
    expect([...seen]).toEqual(['Bearer first', 'Bearer second']);
    await rm(folder, { recursive: true });
  });

  test('trusts a certificate by the authority that it is given, and no other', async ({ skip }) => {
    const folder = await mkdtemp(join(tmpdir(), 'pawl-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const asked = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
    const args = [...asked.split(' '), '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    const made = await runCommand('openssl', args).catch(() => null);
    if (made === null || made.code !== 0) return skip('there is no openssl to make a certificate');
    const server = createTlsServer(
      { key: await readFile(key), cert: await readFile(cert) },
      (request, response) =>
        void respond(
          request,
          response,
          (body) => ({ body }),
          () => undefined,
        ),
    );
    servers.push(server);
    const url = (await listen(server)).replace('http:', 'https:');
    const trusting = createPrometheusSource('churn', { ...optionsOf(url), caFile: cert });
    expect((await trusting.counts(query))[0]?.canary.events).toBe(5);
    await expect(createPrometheusSource('churn', optionsOf(url)).counts(query)).rejects.toMatchObject(missing);
    await rm(folder, { recursive: true });
  });
});
