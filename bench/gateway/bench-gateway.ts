import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonVenv } from '../../test/support/python.ts';
import { figure, type BenchRow } from '../row.ts';
import { bareCallMicroseconds } from './bare-calls.ts';
import { callWith, ghzMissing, grpcRequest } from './ghz.ts';
import { against, alternately, atMost, below, overRest, type Effort } from './measure.ts';
import { otherWorkloads, smallNetwork, type Workload } from './models.ts';
import {
  startBareSocket,
  startFastApi,
  startMlServer,
  startOurs,
  startPlainNode,
  type Job,
  type Server,
} from './servers.ts';

const packages = [
  'mlserver==1.7.1',
  'fastapi==0.115.14',
  'uvicorn==0.54.0',
  'uvloop==0.23.0',
  'httptools==0.9.0',
  'orjson==3.13.0',
  'onnxruntime==1.31.1',
  'numpy==2.4.6',
];

/** Ours, with split, metrics and log, against what people use instead; and what each of our parts costs. */
export async function benchGateway(quick: boolean): Promise<BenchRow[]> {
  const python = await pythonVenv(packages);
  if (python === null) throw new Error('the peers need Python: see above');
  const effort = quick ? { seconds: 2, rounds: 3 } : { seconds: 5, rounds: 7 };
  const small = smallNetwork();
  const rows = [
    ...(await withServers(small, (job) => againstPeers(python, job, effort, quick))),
    ...(await withServers(small, (job) => costOfParts(job, effort))),
  ];
  for (const workload of otherWorkloads())
    rows.push(...(await withServers(workload, (job) => onModel(python, job, effort))));
  return rows;
}

type Start = (server: Promise<Server>) => Promise<Server>;

async function withServers(
  workload: Workload,
  work: (job: Job & { started: Start }) => Promise<BenchRow[]>,
): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const servers: Server[] = [];
  const started: Start = async (server) => {
    servers.push(await server);
    return server;
  };
  try {
    return await work({ folder, workload, started });
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

type OnServers = Job & { readonly started: Start };

/** REST and gRPC, 64 callers and one. */
async function againstPeers(python: string, job: OnServers, effort: Effort, quick: boolean): Promise<BenchRow[]> {
  const { started, workload } = job;
  const { body } = workload;
  const ours = await started(startOurs('ours', job));
  const fastApi = await started(startFastApi(python, job));
  const mlServer = await started(startMlServer(python, job, 0));
  const batching = await started(startMlServer(python, job, 64));
  const socket = await started(startBareSocket(job));
  const many = await alternately([ours, fastApi, mlServer, batching, socket], effort, overRest(body, 64));
  const one = await alternately([ours, fastApi, mlServer, socket], effort, overRest(body, 1));
  const bare = await bareCallMicroseconds(workload.model, body, quick ? 5_000 : 50_000);
  const rate = (peer: Server, of: typeof many) => ({
    ours: of(ours).rate,
    peer: of(peer).rate,
    peerName: peer.name,
    unit: 'requests/s',
  });
  const p99 = (peer: Server, of: typeof many) => ({
    ours: of(ours).p99Ms,
    peer: of(peer).p99Ms,
    peerName: peer.name,
    unit: 'ms',
  });
  const [at64, at1] = ['64 connections', '1 connection'];
  return [
    against({ work: at64, ...rate(mlServer, many) }, 12),
    against({ work: at64, ...rate(batching, many) }, 12),
    against({ work: at64, ...rate(fastApi, many) }, 5),
    ...[mlServer, batching, fastApi].map((peer) => below({ work: `${at64}, p99`, ...p99(peer, many) }, 1)),
    atMost(`${at64}, p99`, many(ours).p99Ms, 'ms', 5),
    against({ work: at1, ...rate(mlServer, one) }, 3),
    against({ work: at1, ...rate(fastApi, one) }, null),
    below({ work: `${at1}, p99`, ...p99(mlServer, one) }, 1),
    // What is below these two, no server on this machine can hold.
    below({ work: `${at64}, p99`, ...p99(socket, many) }, null),
    below({ work: `${at1}, p99`, ...p99(socket, one) }, null),
    against({ work: at1, ...rate(socket, one) }, null),
    below({ work: 'CPU of a request', ours: many(ours).cpu, peer: bare, peerName: 'session.run', unit: 'us' }, 5),
    figure('CPU of a request, FastAPI', many(fastApi).cpu, 'us'),
    figure('CPU of a request, MLServer', many(mlServer).cpu, 'us'),
    ...(await overGrpc([ours, mlServer], body, effort)),
  ];
}

async function overGrpc([ours, peer]: [Server, Server], body: string, effort: Effort): Promise<BenchRow[]> {
  const missing = await ghzMissing();
  if (missing !== null) {
    process.stderr.write(`${missing}\n`);
    return [];
  }
  const request = grpcRequest('dense', body);
  const rows: BenchRow[] = [];
  // A client's channel is one connection for any number of calls; one connection per caller is the worst case.
  for (const [connections, goal] of [
    [8, 5],
    [64, null],
  ] as const) {
    const measured = await alternately([ours, peer], effort, ({ grpc }, seconds) =>
      callWith(grpc ?? '', request, { callers: 64, connections }, seconds),
    );
    const names = { work: `gRPC, 64 callers, ${connections} connections`, peerName: peer.name };
    const p99s = { ours: measured(ours).p99Ms, peer: measured(peer).p99Ms, unit: 'ms' };
    rows.push(
      against({ ...names, ours: measured(ours).rate, peer: measured(peer).rate, unit: 'requests/s' }, goal),
      below({ ...names, ...p99s, work: `${names.work}, p99` }, 1),
    );
  }
  return rows;
}

/** Our own servers against each other. */
async function costOfParts(job: OnServers, effort: Effort): Promise<BenchRow[]> {
  const { started } = job;
  const plain = await started(startPlainNode(job));
  const ours = await started(startOurs('ours', job));
  const shadow = await started(startOurs('shadow', job, { split: { shadow: { version: 2, sample: 0.1 } } }));
  const fsync = await started(startOurs('fsync', job, { settings: { serving: { dense: { ack: 'fsync' } } } }));
  const two = await started(startOurs('two', job, { settings: { processes: 2 } }));
  const of = await alternately([plain, ours, shadow, fsync, two], effort, overRest(job.workload.body, 64));
  const cpu = { unit: 'us' };
  const rate = { unit: 'requests/s' };
  return [
    below(
      {
        work: '64 connections, p99',
        ours: of(ours).p99Ms,
        peer: of(plain).p99Ms,
        peerName: 'plain serving',
        unit: 'ms',
      },
      1,
    ),
    below(
      {
        work: 'CPU with split, metrics and log',
        ours: of(ours).cpu,
        peer: of(plain).cpu,
        peerName: 'plain serving',
        ...cpu,
      },
      1.15,
    ),
    below(
      { work: 'CPU with a shadow of 10 %', ours: of(shadow).cpu, peer: of(ours).cpu, peerName: 'none', ...cpu },
      1.3,
    ),
    atMost('mirrored requests that the shadow dropped', await dropped(shadow), 'copies', 0),
    against(
      { work: 'ack: fsync, 64 connections', ours: of(fsync).rate, peer: of(ours).rate, peerName: 'ack: none', ...rate },
      0.65,
    ),
    against(
      { work: '2 processes, 64 connections', ours: of(two).rate, peer: of(ours).rate, peerName: '1 process', ...rate },
      null,
    ),
  ];
}

async function dropped({ url }: Server): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const counts = [...text.matchAll(/^pawl_mirror_dropped_total\{.*\} (\d+)/gm)].map(([, count]) => Number(count));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The same goals for another model. */
async function onModel(python: string, job: OnServers, effort: Effort): Promise<BenchRow[]> {
  const { started, workload } = job;
  const ours = await started(startOurs('ours', job));
  const fastApi = await started(startFastApi(python, job));
  const mlServer = await started(startMlServer(python, job, 0));
  const of = await alternately([ours, fastApi, mlServer], effort, overRest(workload.body, 64));
  const rate = { ours: of(ours).rate, unit: 'requests/s' };
  return [
    against({ work: workload.name, peer: of(mlServer).rate, peerName: mlServer.name, ...rate }, 12),
    against({ work: workload.name, peer: of(fastApi).rate, peerName: fastApi.name, ...rate }, 5),
    below(
      {
        work: `${workload.name}, p99`,
        ours: of(ours).p99Ms,
        peer: of(mlServer).p99Ms,
        peerName: mlServer.name,
        unit: 'ms',
      },
      1,
    ),
  ];
}
