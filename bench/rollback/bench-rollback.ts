import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Deployment } from '../../contracts/release/deployment.ts';
import { openFolder } from '../../ports/open-folder.ts';
import type { Registry } from '../../ports/registry/port.ts';
import { atMost } from '../gateway/measure.ts';
import { median, sum } from '../statistics.ts';
import { smallNetwork } from '../gateway/models.ts';
import { quarter, startOurs, type Server } from '../gateway/servers.ts';
import { stageSplit } from '../gateway/stage-split.ts';
import { figure, type BenchRow } from '../row.ts';
import { watchedLoad, type WatchedLoad } from './watched-load.ts';

const gateways = 3;
const canary = 2;
/** Requests a second that each gateway is asked. */
const rate = 300;
/** Load before the first rollback: processes that have just started compile what they run. */
const warmUpMs = 15_000;
/** How long no answer of the canary may come before it counts as gone. */
const quietMs = 2_000;
const longestMs = 30_000;

interface Rollback {
  /** From the verdict to the written record. */
  readonly writtenMs: number;
  /** From the verdict to the last answer of the canary by any gateway. */
  readonly lastMs: number;
  /** Answers of the canary after the verdict. */
  readonly late: number;
}

/**
 * Time from the verdict (the rollback begins its compare-and-swap) to the canary's last answer as its clients see it, by three
 * gateways on one store under an open load.
 */
export async function benchRollback(quick: boolean): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const shared = join(folder, 'store');
  await mkdir(shared);
  const url = pathToFileURL(shared).href;
  const workload = smallNetwork();
  await stageSplit(url, workload.model, quarter);
  const servers: Server[] = [];
  const loads: WatchedLoad[] = [];
  const { registry, close } = openFolder(url);
  try {
    for (let i = 1; i <= gateways; i++)
      servers.push(await startOurs(`gateway ${i}`, { folder, workload }, { store: url }));
    for (const server of servers) loads.push(watchedLoad(server.url, workload.body, rate));
    const begin = performance.now();
    await sleep(warmUpMs);
    const ownDelay = monitorEventLoopDelay();
    ownDelay.enable();
    const rollbacks: Rollback[] = [];
    for (let i = 0; i < (quick ? 5 : 20); i++) rollbacks.push(await rollBackOnce(registry, loads, i * 37));
    const seconds = (performance.now() - begin) / 1_000;
    await Promise.all(loads.map((load) => load.stop()));
    const totals = loads.map((load) => load.totals());
    return [
      figure(`answers of ${gateways} gateways`, sum(totals.map((one) => one.answered)) / seconds, 'answers/s'),
      atMost('requests without an answer', sum(totals.map((one) => one.failed)), 'requests', 0),
      ...rows(rollbacks),
      figure('the load itself was late by at most', ownDelay.max / 1e6, 'ms'),
    ];
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    await Promise.all(servers.map((server) => server.stop()));
    await close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `pauseMs` moves the verdict against the beat in which the gateways read the record. */
async function rollBackOnce(registry: Registry, loads: readonly WatchedLoad[], pauseMs: number): Promise<Rollback> {
  const counts = (): number[] => loads.map((load) => load.by(canary).answers);
  const before = counts();
  await change(registry, { canary: quarter.canary ?? null });
  await waitUntil(() => counts().every((count, i) => count > (before[i] ?? 0)), 'every gateway serves the canary');
  await sleep(500 + pauseMs);

  const answered = sum(counts());
  const verdictAt = performance.now();
  await change(registry, { canary: null });
  const writtenMs = performance.now() - verdictAt;
  const lastAt = (): number => Math.max(verdictAt, ...loads.map((load) => load.by(canary).lastAt));
  await waitUntil(() => performance.now() > lastAt() + quietMs, 'the canary is gone');
  const rollback = { writtenMs, lastMs: lastAt() - verdictAt, late: sum(counts()) - answered };
  process.stderr.write(
    `written after ${writtenMs.toFixed(0)} ms, last answer of the canary after ${rollback.lastMs.toFixed(0)} ms\n`,
  );
  return rollback;
}

async function change(registry: Registry, traffic: Pick<Deployment, 'canary'>): Promise<void> {
  await registry.changeDeployment('dense', (current) =>
    current === null ? null : { ...current, ...traffic, actor: 'bench', reason: 'bench' },
  );
}

async function waitUntil(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + longestMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${longestMs} ms: ${what}`);
    await sleep(20);
  }
}

function rows(rollbacks: readonly Rollback[]): BenchRow[] {
  const last = rollbacks.map(({ lastMs }) => lastMs).toSorted((a, b) => a - b);
  const quantile = (q: number): number => last[Math.ceil(q * last.length) - 1] ?? NaN;
  const since = 'from the verdict to the last answer of the canary';
  return [
    figure('from the verdict to the written record, median', median(rollbacks.map((one) => one.writtenMs)), 'ms'),
    figure(
      'from the written record to that answer, longest',
      Math.max(0, ...rollbacks.map(({ lastMs, writtenMs }) => lastMs - writtenMs)),
      'ms',
    ),
    figure(`${since}, median of ${last.length}`, quantile(0.5), 'ms'),
    figure(`${since}, p95`, quantile(0.95), 'ms'),
    atMost(`${since}, p99`, quantile(0.99), 'ms', 1_000),
    figure(`${since}, longest`, quantile(1), 'ms'),
    figure('answers of the canary after the verdict, median', median(rollbacks.map(({ late }) => late)), 'answers'),
  ];
}
