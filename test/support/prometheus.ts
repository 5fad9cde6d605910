import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findGoBuilt, run } from './go-built.ts';
import { listen } from './listen.ts';
import { patience } from './patience.ts';

const module = 'github.com/prometheus/prometheus@v0.313.5';

/** Prometheus 3.13.5: see `findGoBuilt`; building takes some minutes, once. */
export const findPrometheus = () =>
  findGoBuilt({
    name: 'prometheus',
    variable: 'PROMETHEUS',
    build,
  });

/** `go install` refuses a module whose go.mod replaces others: it is built in its own folder instead. */
async function build(folder: string): Promise<void> {
  const env = { ...process.env, GOWORK: 'off', CGO_ENABLED: '0' };
  const { stdout } = await run('go', ['mod', 'download', '-json', module], { env, cwd: tmpdir() });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  const binary = join(folder, 'prometheus');
  await run('go', ['build', '-C', Dir, '-tags', 'remove_all_sd', '-o', binary, './cmd/prometheus'], {
    env,
    timeout: 900_000,
  });
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
      const until = Date.now() + patience(60_000);
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
    // A scrape that timed out on a busy machine comes again.
    response.once('finish', () => (scrape += 1));
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
