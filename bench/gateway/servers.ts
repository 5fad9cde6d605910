import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { modulePath, packageRoot } from '../../config/source-tree.ts';
import { endWithUs } from '../../config/set-up-scripts.ts';
import { loadConfig } from '../../config/load-config.ts';
import { sum } from '../statistics.ts';
import type { Workload } from './models.ts';
import { stageSplit, type Extra, type Split } from './stage-split.ts';

/** A server that was started for the bench, and asked for one prediction. */
export interface Server {
  readonly name: string;
  readonly url: string;
  /** `host:port`; null where it has no gRPC. */
  readonly grpc: string | null;
  /** Milliseconds from its start to its first answer. */
  readonly startMs: number;
  /** CPU seconds so far of its processes. */
  cpuSeconds(): Promise<number>;
  /** Memory of its processes that is in RAM, in MiB. */
  residentMiB(): Promise<number>;
  stop(): Promise<void>;
}

const readyMs = 60_000;
const peer = (file: string): string => join(packageRoot, 'bench', 'gateway', 'peers', file);

/** What a server is asked with, and where its files go. */
export interface Job {
  readonly folder: string;
  readonly workload: Workload;
}

/** A quarter of the requests for another version, so that there is something to split. */
export const quarter: Split = { canary: { version: 2, share: 0.25 } };

const homeOf = (folder: string, name: string): string => join(folder, name.replaceAll(/\W+/g, '-'));

/** URL of the store of one of our gateways. */
export const storeOf = (folder: string, name: string): string =>
  pathToFileURL(join(homeOf(folder, name), 'store')).href;

/** What of our gateway differs from its defaults. */
export interface OursOptions {
  /** Under `gateway` of its configuration. */
  readonly settings?: object;
  readonly split?: Split;
  readonly extra?: Extra;
  /** URL of a store in which all is staged already. @default one of its own, with `split` and `extra` */
  readonly store?: string;
}

/** Our gateway. */
export async function startOurs(
  name: string,
  { folder, workload }: Job,
  { settings = {}, split = quarter, extra = {}, store: staged }: OursOptions = {},
): Promise<Server> {
  const home = homeOf(folder, name);
  const store = staged ?? storeOf(folder, name);
  if (staged === undefined) await stageSplit(store, workload.model, split, extra);
  else await mkdir(home);
  const config = join(home, 'temporal.yaml');
  await writeFile(config, stringify({ gateway: settings }));
  const [port, grpc] = [await freePort(), await freePort()];
  const args = [modulePath('gateway/main'), '--port', String(port), '--grpc-port', String(grpc)];
  return start(name, process.execPath, [...loadConfig().execArgs, ...args], workload, {
    port,
    grpc,
    env: { PAWL_HOME: home, PAWL_STORE: store, PAWL_CONFIG: config },
  });
}

/** FastAPI with onnxruntime, one process of uvicorn. */
export async function startFastApi(python: string, { folder, workload }: Job): Promise<Server> {
  const port = await freePort();
  const args = [peer('fastapi_app.py'), await modelFile(folder, workload), String(port)];
  return start('FastAPI', python, args, workload, { port });
}

/** Node without split, metrics and log. */
export async function startPlainNode({ folder, workload }: Job): Promise<Server> {
  const port = await freePort();
  const args = [modulePath('bench/gateway/peers/plain-node'), await modelFile(folder, workload), String(port)];
  return start('plain serving', process.execPath, [...loadConfig().execArgs, ...args], workload, { port });
}

/** What the machine allows: a socket that answers with fixed bytes. */
export async function startBareSocket({ workload }: Job): Promise<Server> {
  const port = await freePort();
  const args = [modulePath('bench/gateway/peers/bare-socket'), String(port)];
  return start('a bare socket', process.execPath, [...loadConfig().execArgs, ...args], workload, { port });
}

async function modelFile(folder: string, { model }: Workload): Promise<string> {
  const file = join(folder, 'model.onnx');
  await writeFile(file, model);
  return file;
}

/** MLServer with a runtime that calls onnxruntime, in its own process; `batch` rows of adaptive batching, 0 is off. */
export async function startMlServer(python: string, job: Job, batch: number): Promise<Server> {
  const name = batch > 0 ? `MLServer, batches of ${batch}` : 'MLServer';
  const folder = join(job.folder, `mlserver-${batch}`);
  await mkdir(folder);
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const settings = { http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0, debug: false };
  const model = {
    name: 'dense',
    implementation: 'onnx_runtime.OnnxRuntime',
    parameters: { uri: await modelFile(folder, job.workload) },
    ...(batch > 0 ? { max_batch_size: batch, max_batch_time: 0.001 } : {}),
  };
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'model-settings.json'), JSON.stringify(model));
  await writeFile(join(folder, 'onnx_runtime.py'), await readFile(peer('onnx_runtime.py')));
  return start(name, join(dirname(python), 'mlserver'), ['start', folder], job.workload, {
    port: http,
    grpc,
    env: { PYTHONPATH: folder },
  });
}

async function start(
  name: string,
  command: string,
  args: readonly string[],
  { body }: Workload,
  { port, grpc, env = {} }: { port: number; grpc?: number; env?: NodeJS.ProcessEnv },
): Promise<Server> {
  const url = `http://127.0.0.1:${port}/v2/models/dense/infer`;
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const guard = child.pid === undefined ? null : endWithUs(child.pid);
  child.once('exit', () => guard?.release());
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said = `${said}${text.toString()}`.slice(-4_000);
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await once(child, 'exit');
    clearTimeout(timer);
  };
  const started = performance.now();
  for (;;) {
    const status = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      .then(async (response) => (await response.arrayBuffer(), response.status))
      .catch(() => 0);
    if (status === 200) break;
    if (performance.now() - started > readyMs || child.exitCode !== null) {
      await stop();
      throw new Error(`${name} did not answer (status ${status}): ${said}`);
    }
    await delay(20);
  }
  return {
    name,
    url,
    grpc: grpc === undefined ? null : `127.0.0.1:${grpc}`,
    startMs: performance.now() - started,
    cpuSeconds: () => cpuSecondsOf(child),
    residentMiB: () => residentMiBOf(child),
    stop,
  };
}

/** User and system time of a process and its living children. */
async function cpuSecondsOf(child: ChildProcess): Promise<number> {
  const stats = await ofEachProcess(child, 'stat');
  const ticks = stats.map((stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return sum(ticks) / 100;
}

async function residentMiBOf(child: ChildProcess): Promise<number> {
  const states = await ofEachProcess(child, 'status');
  return sum(states.map((status) => Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0))) / 1024;
}

/** A file under `/proc` of a process and of its living children. */
async function ofEachProcess({ pid }: ChildProcess, file: string): Promise<string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const ids = [String(pid), ...children.split(' ').filter((text) => text !== '')];
  return Promise.all(ids.map((id) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '')));
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
