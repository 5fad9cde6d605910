import { setTimeout as delay } from 'node:timers/promises';
import type { BenchRow } from '../row.ts';
import { median } from '../statistics.ts';
import type { Server } from './servers.ts';
import { postWith } from './wrk.ts';

export interface Measured {
  readonly rate: number;
  readonly p99Ms: number;
  /** CPU microseconds of the server for one answer. */
  readonly cpu: number;
}

export interface Effort {
  readonly seconds: number;
  readonly rounds: number;
}

type Load = (server: Server, seconds: number) => Promise<{ rate: number; p99Ms: number; answers: number }>;

/** Load over REST by `wrk`. */
export const overRest =
  (body: string, connections: number): Load =>
  ({ url }, seconds) =>
    postWith(url, body, connections, seconds);

/** Medians of rounds in which one server after the other is asked. */
export async function alternately(
  servers: readonly Server[],
  { seconds, rounds }: Effort,
  load: Load,
): Promise<(server: Server) => Measured> {
  const seen = new Map<Server, Measured[]>(servers.map((server) => [server, []]));
  for (const server of servers) await load(server, 1);
  for (let round = 0; round < rounds; round++)
    for (const server of servers) {
      const before = await server.cpuSeconds();
      const { rate, p99Ms, answers } = await load(server, seconds);
      const cpu = (((await quietCpuSeconds(server)) - before) / answers) * 1e6;
      process.stderr.write(`${server.name}: ${rate.toFixed(0)} requests/s, p99 ${p99Ms} ms, ${cpu.toFixed(0)} us\n`);
      seen.get(server)!.push({ rate, p99Ms, cpu });
    }
  return (server) => {
    const measured = seen.get(server)!;
    return {
      rate: median(measured.map(({ rate }) => rate)),
      p99Ms: median(measured.map(({ p99Ms }) => p99Ms)),
      cpu: median(measured.map(({ cpu }) => cpu)),
    };
  };
}

const [restMs, mostRestMs, idleShare] = [250, 15_000, 0.08];

/** CPU seconds once the server rests: what it does after its answers is part of them, and must not slow the next one down. */
async function quietCpuSeconds(server: Server): Promise<number> {
  let last = await server.cpuSeconds();
  for (let waited = 0; waited < mostRestMs; waited += restMs) {
    await delay(restMs);
    const now = await server.cpuSeconds();
    if (now - last < (idleShare * restMs) / 1_000) return now;
    last = now;
  }
  return last;
}

interface Comparison {
  readonly work: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
}

/** More is better: `ours` should be at least `goal` times the peer's. */
export function against({ work, ours, peer, peerName, unit }: Comparison, goal: number | null): BenchRow {
  const ratio = ours / peer;
  const wanted = goal === null ? null : `at least ${goal} x`;
  return { work, ours, peer, peerName, unit, ratio, goal: wanted, holds: goal === null ? null : ratio >= goal };
}

/** Less is better: `ours` should be at most `goal` times the peer's. */
export function below({ work, ours, peer, peerName, unit }: Comparison, goal: number | null): BenchRow {
  const ratio = ours / peer;
  const wanted = goal === null ? null : `at most ${goal} x`;
  return { work, ours, peer, peerName, unit, ratio, goal: wanted, holds: goal === null ? null : ratio <= goal };
}

/** Less is better: `ours` should be at most `goal`. */
export const atMost = (work: string, ours: number, unit: string, goal: number): BenchRow => ({
  work,
  ours,
  unit,
  peer: null,
  peerName: null,
  ratio: null,
  goal: `at most ${goal} ${unit}`,
  holds: ours <= goal,
});
