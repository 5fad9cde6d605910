import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { listen } from './listen.ts';

const module = 'github.com/prometheus/prometheus@v0.313.5';
const run = promisify(execFile);

/** Prometheus 3.13.5: `PROMETHEUS`, PATH, Go's folder, or built with Go where `PAWL_TEST_SLOW` is 1 (some minutes, once). Or why there is none. */
export async function findPrometheus(): Promise<{ binary: string } | { missing: string }> {
  const named = process.env.PROMETHEUS;
  if (named !== undefined && named !== '')
    return existsSync(named) ? { binary: named } : { missing: `PROMETHEUS names ${named}, which is not there` };
  const cache = join(import.meta.dirname, '..', '..', '.pawl', 'cache', 'bin');
  const goPath = await run('go', ['env', 'GOPATH']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...(goPath === null ? [] : [join(goPath, 'bin')]),
    cache,
  ];
  const found = folders.map((folder) => join(folder, 'prometheus')).find((path) => existsSync(path));
  if (found !== undefined) return { binary: found };
  if (goPath === null)
    return { missing: 'prometheus is neither in PROMETHEUS nor on PATH, and there is no Go to build it' };
  if (process.env.PAWL_TEST_SLOW !== '1')
    return {
      missing: 'prometheus is neither in PROMETHEUS nor on PATH; `npm run test:slow` builds it, in some minutes',
    };
  try {
    return { binary: await build(cache) };
  } catch (error) {
    return { missing: `prometheus is not installed, and building ${module} failed: ${String(error).slice(0, 300)}` };
  }
}

/** `go install` refuses a module whose go.mod replaces others: it is built in its own folder instead. */
async function build(cache: string): Promise<string> {
  const env = { ...process.env, GOWORK: 'off', CGO_ENABLED: '0' };
  const { stdout } = await run('go', ['mod', 'download', '-json', module], { env, cwd: tmpdir() });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  await mkdir(cache, { recursive: true });
  const building = join(await mkdtemp(join(cache, 'building-')), 'prometheus');
  await run('go', ['build', '-C', Dir, '-tags', 'remove_all_sd', '-o', building, './cmd/prometheus'], {
    env,
    timeout: 900_000,
  });
  await rename(building, join(cache, 'prometheus'));
  await rm(join(building, '..'), { recursive: true });
  return join(cache, 'prometheus');
}

export interface PrometheusServer {
  readonly url: string;
  /** Waits until an instant query gives something. */
  has(query: string): Promise<void>;
  close(): Promise<void>;
}

/** Text that an exporter answers a scrape with; null fails the scrape. */
export type Exposition = (scrape: number) => string | null;

/** Starts a server that scrapes `exposition` every `interval` milliseconds and keeps the timestamps that it is given. */
export async function startPrometheus(
  binary: string,
  exposition: Exposition,
  interval: number,
): Promise<PrometheusServer> {
  const exporter = exporterOf(exposition);
  const folder = await mkdtemp(join(tmpdir(), 'pawl-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  const target = new URL(await listen(exporter)).host;
  await writeFile(
    config,
    `scrape_configs: [{ job_name: pawl, scrape_interval: ${interval}ms, scrape_timeout: ${interval}ms, honor_timestamps: true, static_configs: [{ targets: ['${target}'] }] }]\n`,
  );
  const address = await freeAddress();
  const child = spawn(
    binary,
    [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`],
    { stdio: 'ignore' },
  );
  const url = `http://${address}`;
  const ask = async (query: string): Promise<boolean> => {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query }).toString()}`).catch(() => null);
    if (answer?.status !== 200) return false;
    const { data } = (await answer.json()) as { data: { result: unknown[] } };
    return data.result.length > 0;
  };
  return {
    url,
    async has(query) {
      const until = Date.now() + 60_000;
      while (!(await ask(query))) {
        if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
        if (Date.now() > until) throw new Error(`prometheus has no ${query} after a minute`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGKILL')) await ended;
      exporter.closeAllConnections();
      await new Promise((resolve) => exporter.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function exporterOf(exposition: Exposition): Server {
  let scrape = 0;
  return createServer((_, response) => {
    const text = exposition(scrape);
    scrape += 1;
    response.writeHead(text === null ? 500 : 200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(text ?? 'out of order');
  });
}

async function freeAddress(): Promise<string> {
  const server = createServer();
  const { host } = new URL(await listen(server));
  await new Promise((resolve) => server.close(resolve));
  return host;
}
