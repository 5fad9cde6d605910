import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/schema.ts';
import { PawlError } from '../contracts/errors.ts';
import { errorTypes } from '../contracts/names.ts';
import type { ArtifactStore } from '../ports/artifact-store/port.ts';
import type { InferenceEngine } from '../ports/inference/port.ts';
import type { Registry } from '../ports/registry/port.ts';
import { Follower } from './follow.ts';
import { PredictionSpool } from './log/prediction-spool.ts';
import { createMetrics } from './metrics.ts';
import { Mirror } from './mirror.ts';
import { RecentRequests } from './recent.ts';
import { reportToStderr, type Report } from './report.ts';
import { handle } from './server.ts';

export interface GatewayOptions {
  readonly config: Pick<Config, 'home' | 'gateway' | 'ports'>;
  readonly store: ArtifactStore;
  readonly registry: Registry;
  readonly inference: InferenceEngine;
  /** Names the gateway in the prediction log; one process at a time has it. @default "gateway" */
  readonly instance?: string;
  /** Exactly this port, or a free one for 0. @default the configured one, or a free one where that is taken */
  readonly port?: number;
  /** Takes what went wrong and is being retried. @default standard error */
  readonly report?: Report;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly instance: string;
  /** Ends what is in flight, hands the prediction log over and lets the models go. */
  close(): Promise<void>;
}

/** Starts to serve; ends when the deployment records were read and their versions loaded, or could not be. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, store, registry, inference, instance = 'gateway', report = reportToStderr } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(instance))
    throw new PawlError(errorTypes.invalidConfig, `"${instance}" is no name of a gateway: use letters, digits, dashes`);
  const spool = await PredictionSpool.open({ config, store, instance, report });
  const follower = new Follower({ store, registry, inference, report }, config.gateway.follow);
  const metrics = createMetrics();
  const mirror = new Mirror({
    follower,
    metrics,
    instance,
    queue: config.gateway.shadowQueue,
    log: (model, records) => spool.append(model, records),
  });
  let draining = false;
  const inFlight = new Set<Promise<void>>();
  const parts = {
    instance,
    follower,
    mirror,
    spool,
    recent: new RecentRequests(),
    metrics,
    limits: config.gateway,
    draining: () => draining,
  };
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const handling = handle(parts, request, response).finally(() => inFlight.delete(handling));
    inFlight.add(handling);
  });

  const close = async (): Promise<void> => {
    draining = true;
    const deadline = Date.now() + config.gateway.drain;
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    const force = setTimeout(() => server.closeAllConnections(), config.gateway.drain);
    await new Promise((resolve) => server.close(resolve));
    clearInterval(sweep);
    clearTimeout(force);
    await Promise.all(inFlight);
    await follower.stop();
    await mirror.close(Math.max(100, deadline - Date.now()));
    await spool.close(Math.max(1_000, deadline - Date.now()));
    await follower.close();
  };

  try {
    await follower.start();
    await listen(server, config.gateway.host, options.port ?? config.ports.gateway, options.port === undefined);
  } catch (error) {
    await follower.close();
    await spool.close(0);
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const host = config.gateway.host.includes(':') ? `[${config.gateway.host}]` : config.gateway.host;
  let closing: Promise<void> | null = null;
  return { url: `http://${host}:${port}`, port, instance, close: () => (closing ??= close()) };
}

async function listen(server: Server, host: string, port: number, orAnother: boolean): Promise<void> {
  const attempt = (number: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(number, host, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  try {
    await attempt(port);
  } catch (error) {
    if (!orAnother || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await attempt(0);
  }
}
