import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure, type BenchRow } from '../row.ts';
import { loggedRequests } from './logged.ts';
import { median } from '../statistics.ts';
import { atMost, below } from './measure.ts';
import { smallNetwork } from './models.ts';
import { startOurs, storeOf } from './servers.ts';
import { postWith, type Load } from './wrk.ts';

const connections = 64;
const part = 0.8;

/** Half an hour at 80 % of what the gateway can do: whether its memory stays flat, and whether its log has every answer. */
export async function benchSoak(quick: boolean): Promise<BenchRow[]> {
  const seconds = quick ? 60 : 1_800;
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const workload = smallNetwork();
  const server = await startOurs('ours', { folder, workload });
  try {
    let answers = 0;
    const post = async (lasting: number, pauseMs: number): Promise<Load> => {
      const load = await postWith(server.url, workload.body, connections, lasting, pauseMs);
      answers += load.answers;
      return load;
    };
    const full = await post(10, 0);
    const cycleMs = (rate: number): number => (connections / rate) * 1_000;
    const wanted = cycleMs(part * full.rate);
    const tried = await post(5, Math.max(1, Math.round(wanted - 1)));
    // wrk pauses for whole milliseconds.
    const pauseMs = Math.max(1, Math.round(wanted - 1 + wanted - cycleMs(tried.rate)));
    const memory: number[] = [];
    const timer = setInterval(() => void server.residentMiB().then((size) => memory.push(size)), seconds * 5);
    const load = await post(seconds, pauseMs);
    clearInterval(timer);
    await server.stop();
    const records = await loggedRequests(storeOf(folder, 'ours'), answers);
    const fifth = Math.floor(memory.length / 5);
    const [early, late] = [median(memory.slice(fifth, 2 * fifth)), median(memory.slice(-fifth))];
    return [
      figure('as fast as 64 connections can', full.rate, 'requests/s'),
      figure(`for ${seconds} s, ${connections} connections that pause ${pauseMs} ms`, load.rate, 'requests/s'),
      figure('part of the fastest', (100 * load.rate) / full.rate, '%'),
      figure('p99', load.p99Ms, 'ms'),
      below({ work: 'memory, last fifth', ours: late, peer: early, peerName: 'second fifth', unit: 'MiB' }, 1.1),
      figure('answers', answers, 'answers'),
      atMost('answers without a record in the store', Math.max(0, answers - records), 'answers', 0),
    ];
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
