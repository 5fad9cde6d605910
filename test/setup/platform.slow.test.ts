import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load-config.ts';
import { startPlatform, type Addresses, type Platform } from '../../workers/supervise.ts';
import { processStart } from '../../config/set-up-scripts.ts';
import { runningServer } from '../../workers/server-lock.ts';
import { temporaryConfig } from '../support/temporal.ts';
import { patience } from '../support/patience.ts';

const bin = fileURLToPath(new URL('../../cli/pawl.mjs', import.meta.url));
const isUp = async (url: string): Promise<number> => (await fetch(`${url}/healthz`).catch(() => null))?.status ?? 0;

describe('the platform', { timeout: patience(90_000) }, () => {
  let platform: Platform;
  let remove: () => Promise<void>;
  const said: string[] = [];
  beforeAll(async () => {
    const { config, env, remove: removeHome } = await temporaryConfig();
    remove = removeHome;
    platform = await startPlatform(config, { env, log: (text) => said.push(text) });
  });
  afterAll(async () => {
    await platform?.stop();
    await remove?.();
  });

  it('serves at the addresses that it tells', async () => {
    expect(Object.keys(platform.addresses)).toEqual(['temporal', 'ui', 'gateway', 'console', 'store']);
    const { gateway, ui } = platform.addresses;
    expect(await isUp(gateway.http)).toBe(200);
    expect((await fetch(ui ?? '')).status).toBe(200);
    expect(Object.keys(platform.pids().workers)).toEqual(['pipeline-release', 'cpu-gpu']);
  });

  it('keeps a log of each process', async () => {
    const logs = await readdir(join(platform.home, 'logs'));
    expect(logs.toSorted()).toEqual([
      'gateway.log',
      'temporal.log',
      'worker-cpu-gpu.log',
      'worker-pipeline-release.log',
    ]);
    expect(readFileSync(join(platform.home, 'logs', 'worker-cpu-gpu.log'), 'utf8')).toContain(
      '{"worker":["cpu","gpu"],"provider":',
    );
  });

  it('starts a killed worker and a killed gateway again, the gateway where its clients know it', async () => {
    const before = platform.pids();
    process.kill(before.gateway, 'SIGKILL');
    process.kill(before.workers['cpu-gpu'] ?? -1, 'SIGKILL');
    await expect.poll(() => platform.pids().gateway).not.toBe(before.gateway);
    await expect.poll(() => isUp(platform.addresses.gateway.http)).toBe(200);
    await expect.poll(() => platform.pids().workers['cpu-gpu']).not.toBe(before.workers['cpu-gpu']);
    expect(platform.pids().workers['pipeline-release']).toBe(before.workers['pipeline-release']);
    expect(said.filter((text) => text.includes('ended by SIGKILL'))).toHaveLength(2);
  });
});

describe('pawl up', { timeout: patience(90_000) }, () => {
  let home: string;
  let up: ChildProcess | null = null;
  afterEach(async () => {
    up?.kill('SIGKILL');
    await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  const start = async (): Promise<Addresses> => {
    home = await mkdtemp(join(tmpdir(), 'pawl-up-'));
    await writeFile(join(home, 'ports.yaml'), 'ports: { temporal: 0, ui: 0, gateway: 0 }\n');
    const { TEMPORAL_ADDRESS: _address, ...env } = process.env;
    const child = spawn(process.execPath, [bin, 'up', '--json'], {
      env: { ...env, PAWL_HOME: home, PAWL_CONFIG: join(home, 'ports.yaml') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    up = child;
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return JSON.parse(line) as Addresses;
  };

  it('prints one line of addresses once all is ready, and ends cleanly on SIGTERM', async () => {
    const addresses = await start();
    const local = (pattern: string) => expect.stringMatching(new RegExp(`^${pattern}$`)) as string;
    expect(addresses).toEqual({
      temporal: local('127\\.0\\.0\\.1:\\d+'),
      ui: local('http://127\\.0\\.0\\.1:\\d+'),
      gateway: { http: local('http://127\\.0\\.0\\.1:\\d+'), grpc: local('127\\.0\\.0\\.1:\\d+') },
      console: null,
      store: loadConfig({ PAWL_HOME: home }).store,
    });
    up?.kill('SIGTERM');
    await expect.poll(() => up?.exitCode ?? null, { timeout: patience(30_000) }).toBe(0);
    expect(await isUp(addresses.gateway.http)).toBe(0);
    expect(runningServer(home)).toBeNull();
  });

  it('leaves no process behind when it is killed', async () => {
    const addresses = await start();
    const server = runningServer(home);
    const workers = ['worker-cpu-gpu', 'worker-pipeline-release'].map((name) =>
      Number(/\[(\d+)\]/.exec(readFileSync(join(home, 'logs', `${name}.log`), 'utf8'))?.[1]),
    );
    up?.kill('SIGKILL');
    expect(server).not.toBeNull();
    const left = (): number[] => [server?.server.pid ?? 0, ...workers].filter((pid) => processStart(pid) !== null);
    await expect.poll(left, { timeout: patience(30_000) }).toEqual([]);
    expect(await isUp(addresses.gateway.http)).toBe(0);
  });
});
