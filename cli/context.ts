import { connect } from 'node:net';
import type { Client } from '@temporalio/client';
import { definitionLoaders } from '../config/load-definitions.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import type { OpenedPorts } from '../ports/open-ports.ts';
import { runningServer } from '../workers/server-lock.ts';
import { noOwnServer, noServer } from './errors.ts';

export interface Context {
  readonly config: Config;
  readonly ports: OpenedPorts;
  readonly client: Client;
}

const probeMs = 3_000;

/** The configured server, else the embedded one that runs on this home; null where there is none: another project's server is not ours. */
export const resolveAddress = (config: Config): string | null =>
  config.address ?? runningServer(config.home)?.address ?? null;

/** Opens what the command needs, and closes it in any case. */
export async function withPorts<T>(work: (context: Context) => Promise<T>): Promise<T> {
  const loaded = loadConfig();
  const config = { ...loaded, address: resolveAddress(loaded) };
  // `pawl --help` must not wait for native modules to load.
  const { openPorts } = await import('../ports/open-ports.ts');
  const ports = openPorts(config, definitionLoaders(config));
  try {
    return await work({
      config,
      ports,
      get client() {
        return ports.client;
      },
    });
  } finally {
    await ports.close();
  }
}

/** Like `withPorts`, for commands that cannot do without the server: says at once where none answers. */
export async function withTemporal<T>(work: (context: Context) => Promise<T>): Promise<T> {
  const config = loadConfig();
  const address = resolveAddress(config);
  if (address === null) throw noOwnServer(config.home);
  if (!(await answers(address))) throw noServer(address);
  return withPorts(work);
}

/** Whether something listens there. */
export function answers(address: string): Promise<boolean> {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port: Number(port), timeout: probeMs });
    const end = (found: boolean) => () => {
      socket.destroy();
      resolve(found);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
    socket.once('timeout', end(false));
  });
}
