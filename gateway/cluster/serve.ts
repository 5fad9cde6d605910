import cluster from 'node:cluster';
import type { Config } from '../../config/schema.ts';
import { openServingPorts } from '../../ports/open-serving-ports.ts';
import { startGateway } from '../gateway.ts';
import type { Report } from '../warnings.ts';
import { handOverOrphanedLogs } from './orphaned-logs.ts';
import type { GatewayReady } from './messages.ts';
import { namesOf } from './names.ts';
import { metricsByPrimary } from './worker.ts';

export interface ServeOptions {
  readonly config: Config;
  /** Name of the whole gateway. */
  readonly instance: string;
  /** Place among the serving processes. */
  readonly place: number;
  readonly port: number | undefined;
  readonly grpcPort: number | undefined;
  /** Serving processes on these ports, this one among them. */
  readonly processes: number;
  readonly report: Report;
}

/** Serves in this process, alone or as one of several. */
export async function serve({ config, ...options }: ServeOptions): Promise<{
  readonly ready: GatewayReady;
  close(): Promise<void>;
}> {
  const ports = openServingPorts(config);
  const gateway = await startGateway({
    config,
    ...ports,
    ...options,
    instance: namesOf(options.instance, options.processes)[options.place],
    ...(cluster.isWorker ? { peers: metricsByPrimary } : {}),
  });
  if (options.place === 0) void handOverOrphanedLogs({ config, ...ports, ...options });
  const { url, grpc, instance, port } = gateway;
  const { host } = config.gateway;
  return {
    ready: { url, grpc: `${host.includes(':') ? `[${host}]` : host}:${grpc.port}`, instance, port },
    async close() {
      await gateway.close();
      await ports.close();
    },
  };
}
