import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseMachineTicks, parseProcessTicks } from '../../ports/staging/machine-load.ts';
import { postOpenLoop } from '../../ports/staging/post-open-loop.ts';
import { listen } from '../support/listen.ts';

const empty = { bytes: new TextEncoder().encode('{}'), jsonBytes: null };

/** Asks a server 200 times a second for 1.5 s; `delayOf`: how long the answer to the n-th request takes, in milliseconds. */
async function measured(delayOf: (n: number) => number) {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    count += 1;
    void sleep(delayOf(count)).then(() => response.end('{}'));
  });
  const url = await listen(server);
  try {
    const load = { url, bodies: [empty], rate: 200, durationMs: 1_500, signal: new AbortController().signal };
    return await postOpenLoop(load);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

type Latencies = Awaited<ReturnType<typeof measured>>;

/** What was measured, again where the machine was too busy to answer at that rate. */
async function measuredInTime(delayOf: (n: number) => number, isInTime: (found: Latencies) => boolean) {
  for (let left = 10; ; left -= 1) {
    const found = await measured(delayOf);
    if (isInTime(found) || left === 0) return found;
  }
}

test('a stall in one part of the time shows in the longest latency, and is not taken for the model', async () => {
  const { requests, errors, latencyMs } = await measuredInTime(
    (n) => (n > 130 && n <= 150 ? 400 : 0),
    (found) => found.latencyMs.p99 < 400,
  );
  expect({ requests, errors }).toEqual({ requests: 300, errors: 0 });
  expect(latencyMs.max).toBeGreaterThanOrEqual(400);
  expect(latencyMs.p99).toBeLessThan(400);
});

test('what is slow all the time is', async () => {
  const { latencyMs } = await measuredInTime(
    (n) => (n % 20 === 0 ? 400 : 0),
    (found) => found.latencyMs.p50 < 400,
  );
  expect(latencyMs.p99).toBeGreaterThanOrEqual(400);
  expect(latencyMs.p50).toBeLessThan(400);
});

test('keeps the first requests that failed, with what came and how many were waiting', async () => {
  let count = 0;
  const server = createServer((request, response) => {
    request.resume();
    count += 1;
    if (count <= 20) response.end('{}');
    else if (count <= 30) response.writeHead(503).end(`{"error":"full, request ${count}"}`);
    else response.writeHead(503).end('{"error":"the gateway is overloaded: requests wait longer than 50 ms"}');
  });
  const url = await listen(server);
  const sent: number[] = [];
  try {
    const { errors, overloaded, failures } = await postOpenLoop({
      url,
      bodies: [empty],
      rate: 100,
      durationMs: 400,
      signal: new AbortController().signal,
      onSent: (so) => sent.push(so),
    });
    expect([errors, overloaded]).toEqual([20, 10]);
    expect(failures).toHaveLength(5);
    expect(failures[0]).toMatchObject({ message: '503 {"error":"full, request 21"}' });
    expect(failures[0]?.afterMs).toBeGreaterThanOrEqual(190);
    expect(sent.at(-1)).toBe(40);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const gone = await postOpenLoop({
    url,
    bodies: [empty],
    rate: 10,
    durationMs: 100,
    signal: new AbortController().signal,
  });
  expect(gone.failures[0]?.message).toMatch(/ECONNREFUSED/);
});

test('reads where the time of the cores went', () => {
  expect(parseMachineTicks('cpu  100 5 50 800 20 1 4 20 3 0\ncpu0 1 1 1 1\n')).toEqual({
    total: 1000,
    idle: 820,
    steal: 20,
  });
  expect(() => parseMachineTicks('')).toThrow();
  expect(parseProcessTicks('42 (node (a) b) S 1 42 42 0 -1 4194560 1 0 0 0 70 30 5 2 20 0 11 0')).toBe(107);
});
