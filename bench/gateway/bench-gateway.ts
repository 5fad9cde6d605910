import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonVenv } from '../../test/support/python.ts';
import { figure, type BenchRow } from '../row.ts';
import { bareCallMicroseconds } from './bare-calls.ts';
import { denseModel, requestBody } from './models.ts';
import { startFastApi, startMlServer, startOurs, type Server } from './servers.ts';
import { postWith } from './wrk.ts';

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

interface Measured {
  readonly rate: number;
  readonly p99Ms: number;
  /** CPU microseconds of the server for one answer. */
  readonly cpu: number;
}

/** Ours against what people use instead, on a small network over REST and JSON; and what each of our parts costs. */
export async function benchGateway(quick: boolean): Promise<BenchRow[]> {
  const python = await pythonVenv(packages);
  if (python === null) throw new Error('the peers need Python: see above');
  const folder = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const model = denseModel([64, 64, 32]);
  const body = requestBody(64);
  const file = join(folder, 'dense.onnx');
  await writeFile(file, model);
  const servers: Server[] = [];
  const started = async (server: Promise<Server>): Promise<Server> => {
    servers.push(await server);
    return server;
  };
  try {
    const ours = await started(startOurs('ours', folder, model, body));
    const fsync = await started(startOurs('fsync', folder, model, body, { serving: { dense: { ack: 'fsync' } } }));
    const two = await started(startOurs('two processes', folder, model, body, { processes: 2 }));
    const fastApi = await started(startFastApi(python, file, body));
    const mlServer = await started(startMlServer(python, folder, file, body, 0));
    const seconds = quick ? 3 : 10;
    const rounds = quick ? 1 : 3;
    const many = await alternately(servers, body, 64, seconds, rounds);
    const one = await alternately([ours, fastApi, mlServer], body, 1, seconds, rounds);
    const bare = await bareCallMicroseconds(model, body, quick ? 5_000 : 50_000);
    const [of64, of1] = [(server: Server) => many.get(server)!, (server: Server) => one.get(server)!];
    return [
      against(
        '64 connections, requests a second',
        of64(ours).rate,
        of64(mlServer).rate,
        mlServer.name,
        'requests/s',
        12,
      ),
      against('64 connections, requests a second', of64(ours).rate, of64(fastApi).rate, fastApi.name, 'requests/s', 5),
      below('64 connections, p99', of64(ours).p99Ms, of64(mlServer).p99Ms, mlServer.name, 'ms', 1),
      below('64 connections, p99', of64(ours).p99Ms, of64(fastApi).p99Ms, fastApi.name, 'ms', 1),
      against('1 connection, requests a second', of1(ours).rate, of1(mlServer).rate, mlServer.name, 'requests/s', 3),
      below('1 connection, p99', of1(ours).p99Ms, of1(mlServer).p99Ms, mlServer.name, 'ms', 1),
      below('CPU of a request', of64(ours).cpu, bare, 'session.run', 'us', 5),
      against('ack: fsync, 64 connections', of64(fsync).rate, of64(ours).rate, 'ack: none', 'requests/s', 0.65),
      against('2 processes, 64 connections', of64(two).rate, of64(ours).rate, '1 process', 'requests/s', null),
      figure('CPU of a request, FastAPI', of64(fastApi).cpu, 'us'),
      figure('CPU of a request, MLServer', of64(mlServer).cpu, 'us'),
    ];
  } finally {
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Medians of rounds in which one server after the other is asked. */
async function alternately(
  servers: readonly Server[],
  body: string,
  connections: number,
  seconds: number,
  rounds: number,
): Promise<Map<Server, Measured>> {
  const seen = new Map<Server, Measured[]>(servers.map((server) => [server, []]));
  for (const { url } of servers) await postWith(url, body, connections, 1);
  for (let round = 0; round < rounds; round++)
    for (const server of servers) {
      const before = await server.cpuSeconds();
      const { rate, p99Ms, answers } = await postWith(server.url, body, connections, seconds);
      seen.get(server)!.push({ rate, p99Ms, cpu: (((await server.cpuSeconds()) - before) / answers) * 1e6 });
    }
  return new Map(
    [...seen].map(([server, measured]) => [
      server,
      {
        rate: median(measured.map(({ rate }) => rate)),
        p99Ms: median(measured.map(({ p99Ms }) => p99Ms)),
        cpu: median(measured.map(({ cpu }) => cpu)),
      },
    ]),
  );
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** More is better: `ours` should be at least `goal` times the peer's. */
function against(
  work: string,
  ours: number,
  peer: number,
  peerName: string,
  unit: string,
  goal: number | null,
): BenchRow {
  const ratio = ours / peer;
  return {
    work,
    ours,
    peer,
    peerName,
    unit,
    ratio,
    goal: goal === null ? null : `at least ${goal} x`,
    holds: goal === null ? null : ratio >= goal,
  };
}

/** Less is better: `ours` should be at most `goal` times the peer's. */
function below(work: string, ours: number, peer: number, peerName: string, unit: string, goal: number): BenchRow {
  const ratio = ours / peer;
  return { work, ours, peer, peerName, unit, ratio, goal: `at most ${goal} x`, holds: ratio <= goal };
}
