import cluster from 'node:cluster';
import type { Config } from '../../config/schema.ts';
import { openServingPorts } from '../../ports/open-serving-ports.ts';
import { startGateway } from '../gateway.ts';
import type { GatewayReady } from './messages.ts';
import { metricsByPrimary } from './worker.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly instance: string;
  readonly port: number | undefined;
  readonly grpcPort: number | undefined;
  /** Serving processes on these ports, this one among them. */
  readonly processes: number;
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
    ...(cluster.isWorker ? { peers: metricsByPrimary } : {}),
  });
  const { url, grpc, instance, port } = gateway;
  return {
    ready: { url, grpc: grpc.address, instance, port },
    async close() {
      await gateway.close();
      await ports.close();
    },
  };
}
