import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { modulePath } from '../config/source-tree.ts';
import type { Config } from '../config/schema.ts';
import { definitionLoaders } from '../config/load-definitions.ts';
import type { QueueRole } from '../contracts/names.ts';
import { startEmbeddedServer, type EmbeddedServer } from './embedded-server.ts';
import { requireSearchAttributes } from './search-attributes.ts';
import { keepChild, type KeptChild } from './kept-child.ts';
import { syncSchedules } from './sync-schedules.ts';

/** Where everything answers: the line that `pawl up --json` prints. A part that does not exist is null. */
export interface Addresses {
  /** `host:port` */
  readonly temporal: string;
  readonly ui: string | null;
  readonly gateway: { readonly http: string; readonly grpc: string | null };
  readonly console: string | null;
  /** Absolute `file:` URL or `s3://` URL. */
  readonly store: string;
}

export interface Platform {
  readonly addresses: Addresses;
  /** Folder of the state. */
  readonly home: string;
  /** Of the processes that run now: they change when one is started again. */
  pids(): PlatformPids;
  /** Workers first, so that nothing starts again; then the gateway, which drains; then the server. */
  stop(): Promise<void>;
}

export interface PlatformPids {
  /** Null where the server is not ours. */
  readonly server: number | null;
  readonly gateway: number;
  /** By the queues they serve. */
  readonly workers: Readonly<Record<string, number>>;
}

export interface PlatformOptions {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  readonly log?: (text: string) => void;
}

const readyMs = 120_000;
const workerStopMs = 15_000;
const gatewaySpareMs = 5_000;

/** One process for what must answer at once, one for what computes: a long computation delays no release. */
const groups: readonly (readonly QueueRole[])[] = [
  ['pipeline', 'release'],
  ['cpu', 'gpu'],
];

/**
 * Starts the embedded server (where no address is configured), the workers and the gateway as processes, restarts those that
 * die, and makes the schedules of the model definitions. Logs are in `<home>/logs/`.
 */
export async function startPlatform(
  config: Config,
  { env = process.env, log = () => undefined }: PlatformOptions = {},
): Promise<Platform> {
  const server = config.address === null ? await startEmbeddedServer(config, { log, env }) : null;
  const address = server?.address ?? config.address ?? '';
  const kept: KeptChild<unknown>[] = [];
  const stop = async (): Promise<void> => {
    const [gateways, workers] = [kept.filter(isGateway), kept.filter((child) => !isGateway(child))];
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await server?.stop();
  };
  try {
    // Before anything starts: its workflows could never go on.
    await onServer({ ...config, address }, (client, place) => requireSearchAttributes(client.connection, place, log));
    const childEnv = { ...env, ...placesOf(config), TEMPORAL_ADDRESS: address };
    const results = await Promise.allSettled([
      startGatewayProcess(config, childEnv, log),
      ...groups.map((group) => startWorkerProcess(config, group, childEnv, log)),
    ]);
    for (const result of results) if (result.status === 'fulfilled') kept.push(result.value);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await onServer({ ...config, address }, (client, place) => makeSchedules(client, place, log));
    return {
      addresses: addressesOf(config, server, address, kept),
      home: config.home,
      pids: () => pidsOf(server, kept),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface GatewayReady {
  readonly url: string;
  readonly port: number;
  /** `host:port` */
  readonly grpc: string;
}

const gatewayName = 'gateway';
const isGateway = (child: KeptChild<unknown>): child is KeptChild<GatewayReady> => child.name === gatewayName;

function startGatewayProcess(
  config: Config,
  env: NodeJS.ProcessEnv,
  log: (text: string) => void,
): Promise<KeptChild<unknown>> {
  return keepChild<GatewayReady>({
    name: gatewayName,
    command: process.execPath,
    // After a death it must answer where its clients know it.
    args: (ready) => [
      ...config.execArgs,
      modulePath('gateway/main'),
      ...portArgs('--port', config.ports.gateway, ready?.port),
      ...portArgs('--grpc-port', config.ports.gatewayGrpc, ready === null ? undefined : portOf(ready.grpc)),
    ],
    env,
    logPath: join(config.home, 'logs', `${gatewayName}.log`),
    ipc: true,
    readiness: (line) => {
      const { url, port, grpc } = jsonLine(line);
      const known = typeof url === 'string' && typeof port === 'number' && typeof grpc === 'string';
      return known ? { url, port, grpc } : null;
    },
    log,
    readyMs,
    stopMs: config.gateway.drain + gatewaySpareMs,
  });
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

/** The first start chooses by its own configuration, unless ours wants a free port. */
function portArgs(name: string, configured: number, before: number | undefined): string[] {
  if (before !== undefined) return [name, String(before)];
  return configured === 0 ? [name, '0'] : [];
}

function startWorkerProcess(
  config: Config,
  group: readonly QueueRole[],
  env: NodeJS.ProcessEnv,
  log: (text: string) => void,
): Promise<KeptChild<unknown>> {
  const name = `worker-${group.join('-')}`;
  return keepChild({
    name,
    command: process.execPath,
    args: () => [...config.execArgs, modulePath('workers/main'), '--queues', group.join(',')],
    env,
    logPath: join(config.home, 'logs', `${name}.log`),
    ipc: true,
    readiness: (line) => (Array.isArray(jsonLine(line).worker) ? true : null),
    log,
    readyMs,
    stopMs: workerStopMs,
  });
}

/** The children read the same files as we do, wherever they were named. */
function placesOf(config: Config): NodeJS.ProcessEnv {
  return { PAWL_PROJECT: config.project, PAWL_HOME: config.home, PAWL_MODELS: config.models, PAWL_STORE: config.store };
}

function addressesOf(
  config: Config,
  server: EmbeddedServer | null,
  temporal: string,
  kept: readonly KeptChild<unknown>[],
): Addresses {
  const { url: http = '', grpc = null } = kept.find(isGateway)?.ready ?? {};
  return { temporal, ui: server?.uiUrl ?? null, gateway: { http, grpc }, console: null, store: config.store };
}

const pidsOf = (server: EmbeddedServer | null, kept: readonly KeptChild<unknown>[]): PlatformPids => ({
  server: server?.pid ?? null,
  gateway: kept.find(isGateway)?.pid ?? -1,
  workers: Object.fromEntries(
    kept.filter((child) => !isGateway(child)).map((child) => [child.name.replace('worker-', ''), child.pid]),
  ),
});

async function onServer(config: Config, work: (client: Client, config: Config) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ ...config.connection, address: config.address ?? '' });
  try {
    await work(new Client({ connection, namespace: config.namespace }), config);
  } finally {
    await connection.close();
  }
}

async function makeSchedules(client: Client, config: Config, log: (text: string) => void): Promise<void> {
  const changes = await syncSchedules(client, config, definitionLoaders(config));
  for (const { model, problem } of changes) if (problem !== null) log(`no schedules for "${model}": ${problem}`);
}

function jsonLine(line: string): Record<string, unknown> {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}
