import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestBody } from '../../codec/request-bodies.ts';
import type { StagingMeasurement } from '../../contracts/evidence/staging.ts';

export interface OpenLoopJob {
  readonly url: string;
  /** Bodies to post in turn. */
  readonly bodies: readonly RequestBody[];
  /** Requests per second. */
  readonly rate: number;
  readonly durationMs: number;
  readonly signal: AbortSignal;
  /** Requests so far, and in all. */
  readonly onSent?: ((sent: number, total: number) => void) | undefined;
}

/** A request without an answer counts as an error after this long. */
const timeoutMs = 10_000;

/** Failed requests that are kept, and characters of their answers. */
const mostFailures = 5;
const mostCharacters = 300;

/** Parts of the time in which quantiles of latency are taken: of each the median counts. */
const windows = 3;

/**
 * Posts on a fixed schedule, independent of the answers, and takes each latency from the time at which the request was due: a
 * server that stalls is charged for everyone who had to wait (no coordinated omission). A machine that stalls once spoils one of three
 * windows, and a model that is slow is slow in each.
 */
export async function postOpenLoop(job: OpenLoopJob): Promise<Omit<StagingMeasurement, 'memoryMb' | 'machine'>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const total = Math.max(1, Math.round((job.rate * job.durationMs) / 1_000));
  const latencies = Array.from({ length: windows }, (): number[] => []);
  let [errors, overloaded] = [0, 0];
  let answered = 0;
  const failures: StagingMeasurement['failures'] = [];
  const pending: Promise<void>[] = [];
  const begin = performance.now();
  try {
    for (let sent = 0; sent < total;) {
      job.signal.throwIfAborted();
      const now = performance.now() - begin;
      for (; sent < total && (sent * 1_000) / job.rate <= now; sent++) {
        const due = begin + (sent * 1_000) / job.rate;
        const window = latencies[Math.floor((sent * windows) / total)];
        const waiting = sent - answered;
        pending.push(
          post(agent, job.url, job.bodies[sent % job.bodies.length]!).then((failure) => {
            window?.push(performance.now() - due);
            answered += 1;
            if (failure === null) return;
            errors += 1;
            if (isOverload(failure)) overloaded += 1;
            if (failures.length < mostFailures) failures.push({ afterMs: due - begin, waiting, message: failure });
          }),
        );
      }
      job.onSent?.(sent, total);
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
    overloaded,
    durationMs: elapsed,
    offered: job.rate,
    failures,
    throughput: ((total - errors) * 1_000) / elapsed,
    latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: Math.max(...sorted.map((of) => of.at(-1) ?? 0)) },
  };
}

const quantileOf = (sorted: Float64Array, q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;

const isOverload = (failure: string): boolean =>
  failure === noAnswer || (failure.startsWith('503 ') && failure.includes('overloaded'));

const noAnswer = `no answer within ${timeoutMs} ms`;

/** Null where the answer was a 200, else what came instead; never rejects. */
function post(agent: Agent, url: string, { bytes, jsonBytes }: RequestBody): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': jsonBytes === null ? 'application/json' : 'application/octet-stream',
      'content-length': bytes.length,
      ...(jsonBytes === null ? {} : { 'inference-header-content-length': jsonBytes }),
    };
    const call = request(url, { method: 'POST', agent, headers, timeout: timeoutMs }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < mostCharacters) text += chunk.slice(0, mostCharacters - text.length);
      });
      response.on('end', () => {
        resolve(response.statusCode === 200 ? null : `${response.statusCode} ${text.trim()}`);
      });
      response.on('error', (error) => {
        resolve(`the answer broke off: ${error.message}`);
      });
    });
    call.on('error', (error) => {
      resolve(error.message);
    });
    call.on('timeout', () => {
      resolve(noAnswer);
      call.destroy();
    });
    call.end(bytes);
  });
}
