import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';

export interface OpenLoopJob {
  readonly url: string;
  /** Bodies to post in turn. */
  readonly bodies: readonly string[];
  /** Requests per second. */
  readonly rate: number;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** A request without an answer counts as an error after this long. */
const timeoutMs = 10_000;

/** Parts of the time in which quantiles of latency are taken: of each the median counts. */
const windows = 3;

/**
 * Posts on a fixed schedule whatever the answers do, and takes each latency from the time at which the request was due: a
 * server that stalls is charged for everyone who had to wait (no coordinated omission). A machine that stalls once spoils one of three
 * windows, and a model that is slow is slow in each.
 */
export async function openLoop(job: OpenLoopJob): Promise<Omit<StagingMeasurement, 'memoryMb'>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const total = Math.max(1, Math.round((job.rate * job.durationMs) / 1_000));
  const latencies = Array.from({ length: windows }, (): number[] => []);
  let errors = 0;
  const pending: Promise<void>[] = [];
  const begin = performance.now();
  try {
    for (let sent = 0; sent < total;) {
      job.signal.throwIfAborted();
      const now = performance.now() - begin;
      for (; sent < total && (sent * 1_000) / job.rate <= now; sent++) {
        const due = begin + (sent * 1_000) / job.rate;
        const window = latencies[Math.floor((sent * windows) / total)];
        pending.push(
          post(agent, job.url, job.bodies[sent % job.bodies.length] ?? '').then((ok) => {
            window?.push(performance.now() - due);
            if (!ok) errors += 1;
          }),
        );
      }
      await sleep(Math.min(5, Math.max(0, (sent * 1_000) / job.rate - (performance.now() - begin))));
    }
    await Promise.all(pending);
  } finally {
    agent.destroy();
  }
  job.signal.throwIfAborted();
  const elapsed = performance.now() - begin;
  const sorted = latencies.filter((of) => of.length > 0).map((of) => Float64Array.from(of).sort());
  const at = (q: number): number => quantileOf(Float64Array.from(sorted, (of) => quantileOf(of, q)).sort(), 0.5);
  return {
    requests: total,
    errors,
    durationMs: elapsed,
    offered: job.rate,
    throughput: ((total - errors) * 1_000) / elapsed,
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: Math.max(...sorted.map((of) => of.at(-1) ?? 0)) },
  };
}

const quantileOf = (sorted: Float64Array, q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;

/** Whether the answer was a 200; never rejects. */
function post(agent: Agent, url: string, body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request(url, { method: 'POST', agent, headers, timeout: timeoutMs }, (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode === 200);
      });
      response.on('error', () => {
        resolve(false);
      });
    });
    call.on('error', () => {
      resolve(false);
    });
    call.on('timeout', () => {
      call.destroy();
      resolve(false);
    });
    call.end(body);
  });
}
