import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openLoop } from '../../ports/staging/open-loop.ts';
import { listen } from '../support/listen.ts';

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
    const load = { url, bodies: ['{}'], rate: 200, durationMs: 1_500, signal: new AbortController().signal };
    return await openLoop(load);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a stall in one part of the time shows in the longest latency, and is not taken for the model', async () => {
  const { requests, errors, latencyMs } = await measured((n) => (n > 130 && n <= 150 ? 400 : 0));
  expect({ requests, errors }).toEqual({ requests: 300, errors: 0 });
  expect(latencyMs.max).toBeGreaterThanOrEqual(400);
  expect(latencyMs.p99).toBeLessThan(400);
});

test('what is slow all the time is', async () => {
  const { latencyMs } = await measured((n) => (n % 20 === 0 ? 400 : 0));
  expect(latencyMs.p99).toBeGreaterThanOrEqual(400);
  expect(latencyMs.p50).toBeLessThan(400);
});
