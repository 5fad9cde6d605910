import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { openFolder } from '../../ports/open-folder.ts';
import { openLog } from '../../ports/prediction-log/open-log.ts';
import type { PredictionLog } from '../../ports/prediction-log/port.ts';
import { figure, type BenchRow } from '../row.ts';
import { loggedRequests } from './logged.ts';
import { alternately, overRest, type Effort } from './measure.ts';
import { smallNetwork } from './models.ts';
import { quarter, startOurs, storeOf, type Server } from './servers.ts';
import type { Extra } from './stage-split.ts';
import { postWith } from './wrk.ts';

const release = 'bench/release';
const labelSpace: LabelSpace = {
  task: 'binary',
  kind: 'classes',
  target: 'label',
  rule: { type: 'integer' },
  classes: [
    { value: 0, code: '0' },
    { value: 1, code: '1' },
  ],
};

/** What the gateway costs as models, versions and the log grow, and how long it takes from its start to its first answer. */
export async function benchGrowth(quick: boolean): Promise<BenchRow[]> {
  const effort = quick ? { seconds: 2, rounds: 1 } : { seconds: 10, rounds: 3 };
  return [...(await asStoreGrows(effort, quick)), ...(await asLogGrows(quick))];
}

async function asStoreGrows(effort: Effort, quick: boolean): Promise<BenchRow[]> {
  const many = quick ? 100 : 1_000;
  const stores: [string, Extra][] = [
    ['1 model of 2 versions', {}],
    [`${many} other models`, { models: many }],
    [`${many} other versions`, { versions: many }],
  ];
  const workload = smallNetwork();
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const servers: Server[] = [];
  try {
    for (const [name, extra] of stores) servers.push(await startOurs(name, { folder, workload }, { extra }));
    const of = await alternately(servers, effort, overRest(workload.body, 64));
    const rows = servers.map(async (server) => [
      figure(`${server.name}: start to first answer`, server.startMs, 'ms'),
      figure(`${server.name}: 64 connections`, of(server).rate, 'requests/s'),
      figure(`${server.name}: CPU of a request`, of(server).cpu, 'us'),
      figure(`${server.name}: memory`, await server.residentMiB(), 'MiB'),
    ]);
    return (await Promise.all(rows)).flat();
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Serving while the log grows, and looks at a release over all of it: the first one, and the next. */
async function asLogGrows(quick: boolean): Promise<BenchRow[]> {
  const workload = smallNetwork();
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const server = await startOurs('log', { folder, workload }, { split: { ...quarter, release } });
  const { store, close } = openFolder(storeOf(folder, 'log'));
  const newLog = (): PredictionLog => openLog({ store, home: folder }).predictionLog;
  const look = async (log: PredictionLog) => {
    const started = performance.now();
    const { arms } = await log.observe({
      model: 'dense',
      release,
      champion: 1,
      canary: 2,
      since: 0,
      stepSince: 0,
      bakeStarts: [],
      skip: [],
      matureBefore: Infinity,
      slowMs: 50,
      labelSpace,
    });
    return { requests: arms.champion.requests + arms.canary.requests, ms: performance.now() - started };
  };
  try {
    const rows: BenchRow[] = [];
    const kept = newLog();
    let answers = 0;
    for (const seconds of quick ? [2, 4] : [10, 20, 40, 80]) {
      const load = await postWith(server.url, workload.body, 64, seconds);
      answers += load.answers;
      await loggedRequests(storeOf(folder, 'log'), answers);
      const next = await look(kept);
      const first = await look(newLog());
      const size = `log of ${first.requests} requests`;
      rows.push(
        figure(`${size}: 64 connections`, load.rate, 'requests/s'),
        figure(`${size}: memory`, await server.residentMiB(), 'MiB'),
        figure(`${size}: a first look at a release`, first.ms, 'ms'),
        figure(`${size}: the next look, with ${load.answers} new ones`, next.ms, 'ms'),
      );
    }
    return rows;
  } finally {
    await server.stop();
    await close();
    await rm(folder, { recursive: true, force: true });
  }
}
