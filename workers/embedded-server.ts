import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import { choosePort } from '../ports/choose-port.ts';
import { startChild, type Child } from './child.ts';
import { ownSearchAttributes } from './search-attributes.ts';
import { lockServer, type ServerLock } from './server-lock.ts';
import { findBinary, processStart } from '../config/set-up-scripts.ts';

export interface EmbeddedServer {
  /** `host:port`; the same after a restart. */
  readonly address: string;
  readonly uiUrl: string;
  /** Of the process that serves now. */
  readonly pid: number;
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  readonly log: (text: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  /** Name and type. @default Pawl's own */
  readonly searchAttributes?: Readonly<Record<string, 'Keyword' | 'Int'>>;
}

const host = '127.0.0.1';
const readyMs = 60_000;
const stopMs = 10_000;
const startAttempts = 3;
const firstRestartMs = 200;
const longestRestartMs = 5_000;

/**
 * Starts Temporal's development server on `<home>/temporal.db`, and starts it again on the same ports when it dies.
 * Throws where another process runs one on this home, where the program cannot be found, and where it does not get ready.
 */
export async function startEmbeddedServer(
  config: Pick<Config, 'home' | 'ports' | 'namespace'>,
  { log, env = process.env, searchAttributes: attributes = ownSearchAttributes }: EmbeddedServerOptions,
): Promise<EmbeddedServer> {
  await mkdir(config.home, { recursive: true, mode: 0o700 });
  const lock = await lockServer(config.home);
  try {
    const { path } = await findBinary('temporal', { env });
    const launch = (ports: Ports): Child =>
      startChild({
        command: path,
        args: serverArgs(config, ports, attributes),
        env,
        logPath: join(config.home, 'logs', 'temporal.log'),
        ipc: false,
      });
    const { child, ports } = await firstStart(config, launch);
    return supervised({ child, ports, launch, lock, log });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Ports {
  readonly grpc: number;
  readonly ui: number;
}

function serverArgs(
  { home, namespace }: Pick<Config, 'home' | 'namespace'>,
  { grpc, ui }: Ports,
  attributes: Readonly<Record<string, string>>,
): string[] {
  const options: Record<string, string> = {
    ip: host,
    port: String(grpc),
    'ui-port': String(ui),
    'db-filename': join(home, 'temporal.db'),
    'log-level': 'warn',
    namespace,
  };
  const repeated = [
    ...['journal_mode=wal', 'synchronous=normal'].map((pragma) => ['--sqlite-pragma', pragma]),
    ...Object.entries(attributes).map(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
  const named = Object.entries(options).map(([name, value]) => [`--${name}`, value]);
  return ['server', 'start-dev', ...named.flat(), ...repeated.flat()];
}

/** A port that was free a moment ago may be taken by now: then others are chosen. */
async function firstStart(
  config: Pick<Config, 'ports' | 'home' | 'namespace'>,
  launch: (ports: Ports) => Child,
): Promise<{ child: Child; ports: Ports }> {
  for (let attempt = 1; ; attempt += 1) {
    const usual = attempt === 1 ? config.ports : { temporal: 0, ui: 0 };
    const [grpc, ui] = [await choosePort(host, undefined, usual.temporal), await choosePort(host, undefined, usual.ui)];
    const ports = { grpc, ui };
    const child = launch(ports);
    const failure = await waitUntilReady(child, ports, config.namespace);
    if (failure === null) return { child, ports };
    await child.stop(stopMs);
    if (attempt === startAttempts)
      throw new Error(
        `the embedded Temporal server did not start: ${failure}. Its log: ${join(config.home, 'logs', 'temporal.log')}`,
      );
  }
}

/** Null once a client connects and the namespace is there; else why not. */
async function waitUntilReady(child: Child, { grpc }: Ports, namespace: string): Promise<string | null> {
  const state: { ended: string | null } = { ended: null };
  void child.ended.then((how) => (state.ended = how));
  const deadline = Date.now() + readyMs;
  while (state.ended === null && Date.now() < deadline) {
    try {
      const connection = await Connection.connect({ address: `${host}:${grpc}`, connectTimeout: 1_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace });
        return null;
      } finally {
        await connection.close();
      }
    } catch {
      await delay(50);
    }
  }
  return state.ended === null
    ? `not ready within ${readyMs / 1000} s`
    : `it ${state.ended}: ${child.lastLines().slice(-3).join(' | ')}`;
}

function supervised(parts: {
  child: Child;
  ports: Ports;
  launch: (ports: Ports) => Child;
  lock: ServerLock;
  log: (text: string) => void;
}): EmbeddedServer {
  const { ports, launch, lock, log } = parts;
  const address = `${host}:${ports.grpc}`;
  const uiUrl = `http://${host}:${ports.ui}`;
  const stopping = new AbortController();
  let child = parts.child;

  const watch = async (): Promise<void> => {
    let retryMs = firstRestartMs;
    while (!stopping.signal.aborted) {
      const startedAt = Date.now();
      lock.note({ address, uiUrl, server: { pid: child.pid, start: processStart(child.pid) } });
      const how = await child.ended;
      if (stopping.signal.aborted) return;
      retryMs = Date.now() - startedAt > 60_000 ? firstRestartMs : Math.min(retryMs * 2, longestRestartMs);
      log(`the Temporal server (process ${child.pid}) ${how}: starting it again`);
      await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) child = launch(ports);
    }
  };
  const watching = watch();

  return {
    address,
    uiUrl,
    get pid() {
      return child.pid;
    },
    async stop() {
      stopping.abort();
      await child.stop(stopMs);
      await watching;
      lock.release();
    },
  };
}
