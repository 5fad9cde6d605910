import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/schema.ts';
import { PawlError } from '../contracts/errors.ts';
import { errorTypes } from '../contracts/names.ts';
import type { ArtifactStore } from '../ports/artifact-store/port.ts';
import type { InferenceEngine } from '../ports/inference/port.ts';
import type { SegmentSealer } from '../ports/prediction-log/port.ts';
import type { Registry } from '../ports/registry/port.ts';
import { ByteBudget } from './admission/byte-budget.ts';
import { createAdmission } from './admission/admission.ts';
import { createCallers } from './admission/callers.ts';
import { createQuota } from './admission/quota.ts';
import { createShedder } from './admission/shed.ts';
import { Watchdog } from './models/watchdog.ts';
import { Follower } from './models/follower.ts';
import { gauges } from './metrics/gauges.ts';
import { GatewayGuard } from './guard/gateway-guard.ts';
import { guardMetrics } from './guard/guard-metrics.ts';
import type { GrpcServer } from './grpc/call-context.ts';
import { startGrpc } from './grpc/server.ts';
import { grpcParts } from './grpc/gateway-parts.ts';
import { loadLogSecret } from './log/log-secret.ts';
import { PredictionSpool } from './log/prediction-spool.ts';
import { eventLoop } from './metrics/event-loop.ts';
import { createGatewayMetrics, type GatewayMetrics } from './metrics/gateway-metrics.ts';
import type { PeerMetrics } from './metrics/peers.ts';
import { Mirror } from './inference/mirror.ts';
import { RecentRequests } from './inference/recent-requests.ts';
import { reportToStderr, type Report } from './warnings.ts';
import type { RestParts } from './http/exchange.ts';
import { createRestServer } from './http/server.ts';
import { VersionRuntimes } from './inference/version-runtime.ts';

export interface GatewayOptions {
  readonly config: Pick<Config, 'home' | 'gateway' | 'ports'>;
  readonly store: ArtifactStore;
  readonly registry: Registry;
  readonly inference: InferenceEngine;
  readonly sealer: SegmentSealer;
  /** Names the gateway in the prediction log; one process at a time has it. @default "gateway" */
  readonly instance?: string;
  /** Exactly this port, or a free one for 0. @default the configured one, or a free one where that is taken */
  readonly port?: number;
  readonly grpcPort?: number;
  /** Serving processes that share the ports, this one among them. @default 1 */
  readonly processes?: number;
  /** Metrics of all processes that share the ports. @default those of this one */
  readonly peers?: (own: GatewayMetrics) => PeerMetrics;
  /** Takes what went wrong and is being retried. @default standard error */
  readonly report?: Report;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly grpc: { readonly address: string; readonly port: number };
  readonly instance: string;
  readonly metrics: GatewayMetrics;
  /** Ends what is in flight, hands the prediction log over and lets the models go. */
  close(): Promise<void>;
}

/** Starts to serve; ends when the deployment records were read and their versions loaded, or could not be. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, store, registry, inference, sealer, instance = 'gateway', report = reportToStderr } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(instance))
    throw new PawlError(
      errorTypes.invalidConfig,
      `"${instance}" is an invalid gateway name: use letters, digits, dashes`,
    );
  const settings = config.gateway;
  const metrics = createGatewayMetrics();
  const onSynced = (seconds: number): void => metrics.logSynced(seconds);
  const spool = await PredictionSpool.open({ config, store, sealer, instance, report, onSynced });
  const watchdog = new Watchdog(config.home, settings.models.pass);
  const follower = new Follower({ store, registry, inference, report, settings, watchdog });
  const guard = new GatewayGuard({ store, registry, instance, traffic: follower, report, now: Date.now });
  follower.watch((record) => guard.follow(record));
  const runtimes = new VersionRuntimes(metrics, await loadLogSecret(config.home), settings);
  const mirror = new Mirror({ follower, runtimes, metrics, spool, instance, queue: settings.shadowQueue });
  let draining = false;
  const now = (): number => performance.now();
  const shedder = createShedder(settings.shed, now, () => eventLoop().lagMs());
  const quota = createQuota(settings, options.processes ?? 1, now);
  const parts: RestParts = {
    instance,
    settings,
    follower,
    runtimes,
    mirror,
    guard,
    spool,
    recent: new RecentRequests(),
    metrics,
    shedder,
    quota,
    admission: createAdmission(createCallers(settings.clients), quota, shedder),
    bytes: new ByteBudget(settings.bytes),
    peers: options.peers?.(metrics) ?? {
      snapshots: async () => [{ process: instance, snapshot: metrics.snapshot() }],
    },
    draining: () => draining,
    quarantined: () => watchdog.reasons(),
    report,
  };
  metrics.observe([...gauges(parts), ...guardMetrics(guard)]);
  const http = createRestServer(parts);
  let grpc: GrpcServer | null = null;

  const close = async (): Promise<void> => {
    draining = true;
    const deadline = Date.now() + settings.drain;
    await Promise.all([grpc?.close(settings.drain), http.close(settings.drain)]);
    await follower.stop();
    await guard.close();
    await mirror.close(Math.max(100, deadline - Date.now()));
    await spool.close(Math.max(1_000, deadline - Date.now()));
    await follower.close();
    await watchdog.close();
  };

  try {
    await follower.start();
    await orAnotherPort(options.port, config.ports.gateway, (port) => listen(http.server, settings.host, port));
    grpc = await orAnotherPort(options.grpcPort, config.ports.gatewayGrpc, (port) =>
      startGrpc(grpcParts(parts), {
        host: settings.host,
        port,
        maxBodyBytes: settings.maxBodyBytes,
        receiveMs: settings.receive,
        fastPath: settings.fastPath,
      }),
    );
  } catch (error) {
    await http.close(0);
    await follower.stop();
    await guard.close();
    await follower.close();
    await watchdog.close();
    await spool.close(0);
    throw error;
  }
  const { port } = http.server.address() as AddressInfo;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${host}:${port}`,
    port,
    grpc: { address: grpc.address, port: grpc.port },
    instance,
    metrics,
    close: () => (closing ??= close()),
  };
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });

/** Takes exactly the named port; else the usual one, or a free one where that is taken. */
async function orAnotherPort<T>(
  named: number | undefined,
  usual: number,
  take: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await take(named ?? usual);
  } catch (error) {
    if (named !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return take(0);
  }
}
