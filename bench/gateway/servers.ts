import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load-config.ts';
import { stageModel } from '../../ports/staging/stage-model.ts';

/** A server that was started for the bench, and asked for one prediction. */
export interface Server {
  readonly name: string;
  readonly url: string;
  /** CPU seconds so far of its processes. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

const readyMs = 60_000;
const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** Our gateway on a store of its own, with `settings` under `gateway` of its configuration. */
export async function startOurs(
  name: string,
  folder: string,
  model: Uint8Array,
  body: string,
  settings: object = {},
): Promise<Server> {
  const home = join(folder, name.replaceAll(/\W+/g, '-'));
  const store = pathToFileURL(join(home, 'store')).href;
  await stageModel(store, 'dense', model);
  const config = join(home, 'temporal.yaml');
  await writeFile(config, stringify({ gateway: settings }));
  const port = await freePort();
  const args = [...loadConfig().execArgs, path('../../gateway/main.ts'), '--port', String(port), '--grpc-port', '0'];
  return start(name, process.execPath, args, `http://127.0.0.1:${port}/v2/models/dense/infer`, body, {
    PAWL_HOME: home,
    PAWL_STORE: store,
    PAWL_CONFIG: config,
  });
}

/** FastAPI with onnxruntime, one process of uvicorn. */
export async function startFastApi(python: string, modelFile: string, body: string): Promise<Server> {
  const port = await freePort();
  const args = [path('./peers/fastapi_app.py'), modelFile, String(port)];
  return start('FastAPI', python, args, `http://127.0.0.1:${port}/v2/models/dense/infer`, body);
}

/** MLServer with a runtime that calls onnxruntime, in its own process; `batch` rows of adaptive batching, 0 is off. */
export async function startMlServer(
  python: string,
  folder: string,
  modelFile: string,
  body: string,
  batch: number,
): Promise<Server> {
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const settings = { http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0, debug: false };
  const model = {
    name: 'dense',
    implementation: 'onnx_runtime.OnnxRuntime',
    parameters: { uri: modelFile },
    ...(batch > 0 ? { max_batch_size: batch, max_batch_time: 0.001 } : {}),
  };
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings));
  await writeFile(join(folder, 'model-settings.json'), JSON.stringify(model));
  await writeFile(join(folder, 'onnx_runtime.py'), await readFile(path('./peers/onnx_runtime.py')));
  const name = batch > 0 ? `MLServer, batches of ${batch}` : 'MLServer';
  const url = `http://127.0.0.1:${http}/v2/models/dense/infer`;
  return start(name, join(dirname(python), 'mlserver'), ['start', folder], url, body, { PYTHONPATH: folder });
}

async function start(
  name: string,
  command: string,
  args: readonly string[],
  url: string,
  body: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
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
  const deadline = Date.now() + readyMs;
  for (;;) {
    const status = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      .then(async (response) => (await response.arrayBuffer(), response.status))
      .catch(() => 0);
    if (status === 200) break;
    if (Date.now() > deadline || child.exitCode !== null) {
      await stop();
      throw new Error(`${name} did not answer (status ${status}): ${said}`);
    }
    await delay(200);
  }
  return { name, url, cpuSeconds: () => cpuSecondsOf(child), stop };
}

/** User and system time of a process and its living children. */
async function cpuSecondsOf({ pid }: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  let ticks = 0;
  for (const id of [String(pid), ...children.split(' ').filter((text) => text !== '')]) {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks / 100;
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
