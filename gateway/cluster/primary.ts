import cluster, { type Worker } from 'node:cluster';
import type { Config } from '../../config/schema.ts';
import { choosePort } from '../../ports/choose-port.ts';
import { metricDefinitions } from '../metrics/definitions.ts';
import type { ProcessSnapshot } from '../metrics/merge.ts';
import { processMetrics } from '../metrics/process-metrics.ts';
import { ReadMetric } from '../metrics/read-metric.ts';
import type { Metric } from '../metrics/snapshot.ts';
import type { Report } from '../warnings.ts';
import { Collector, type Counted } from './collect.ts';
import type { FromPrimary, FromWorker, GatewayReady } from './messages.ts';
import { namesOf } from './names.ts';
import { closeLostConnections } from './close-lost-connections.ts';

const { cluster: defined } = metricDefinitions;

export interface PrimaryOptions {
  readonly config: Pick<Config, 'gateway' | 'ports'>;
  readonly processes: number;
  /** Of the whole. Each process has a name made of it (`namesOf`), and with the name its part of the prediction log. */
  readonly instance: string;
  /** Exactly this port, or a free one for 0. @default the configured one, or a free one where that is taken */
  readonly port: number | undefined;
  readonly grpcPort: number | undefined;
  readonly report: Report;
}

/** The serving processes of a gateway. */
export interface Primary {
  readonly ready: GatewayReady;
  /** Lets all of them end what is in flight. */
  close(): Promise<void>;
}

/** One place among the serving processes, whoever has it now. */
interface Slot {
  readonly name: string;
  worker: Worker | null;
  serving: boolean;
  restart: NodeJS.Timeout | undefined;
}

const firstRestartMs = 250;
const longestRestartMs = 10_000;
const healthyMs = 60_000;
/** What a process may take to hand its log over, after its requests have ended. */
const endMs = 3_000;

/**
 * Starts the serving processes on one HTTP and one gRPC port, and starts those that die again. Resolves when all of them serve;
 * throws where one ends before.
 */
export async function startPrimary(options: PrimaryOptions): Promise<Primary> {
  const { config, instance, report } = options;
  const { host, drain } = config.gateway;
  const port = await choosePort(host, options.port, config.ports.gateway);
  const grpcPort = await choosePort(host, options.grpcPort, config.ports.gatewayGrpc);
  // The kernel gives a connection to whoever wakes up first, and kept ones stay there: of 64, four processes had 9, 33, 15 and 7.
  // In turn they had 17, 16, 14 and 17, for 0.14 ms of the primary process for each new connection.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const slots = namesOf(instance, options.processes).map((name): Slot => {
    return { name, worker: null, serving: false, restart: undefined };
  });
  const collector = new Collector();
  const own: readonly Metric[] = [...processMetrics(), ...countProcesses(slots)];
  let closing = false;
  let starting = true;
  let restarts = 0;

  function countProcesses(slots: readonly Slot[]): Metric[] {
    return [
      new ReadMetric(defined.processes, () => [[{}, slots.length]]),
      new ReadMetric(defined.restarts, () => [[{}, restarts]]),
    ];
  }

  const collect = async (): Promise<readonly ProcessSnapshot[]> => {
    const { snapshots, answered } = await collector.collect(slots.map(counted));
    const up = new ReadMetric(defined.up, () => [[{}, answered]]);
    return [{ process: instance, snapshot: [...own, up].map((metric) => metric.snapshot()) }, ...snapshots];
  };

  const start = (slot: Slot, retryMs: number): Promise<GatewayReady> => {
    cluster.setupPrimary({
      args: [
        '--instance',
        instance,
        '--process',
        String(slots.indexOf(slot)),
        '--processes',
        String(slots.length),
        '--port',
        String(port),
        '--grpc-port',
        String(grpcPort),
      ],
      serialization: 'advanced',
    });
    const worker = cluster.fork();
    closeLostConnections(worker);
    const startedAt = Date.now();
    slot.worker = worker;
    const ready = new Promise<GatewayReady>((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (slot.worker !== worker) return;
        switch (message.type) {
          case 'ready':
            slot.serving = true;
            resolve(message.ready);
            break;
          case 'counted':
            collector.counted(slot.name, message.id, message.snapshot);
            break;
          case 'collect':
            void collect().then((snapshots) => tell(worker, { type: 'collected', id: message.id, snapshots }));
            break;
        }
      });
      worker.on('exit', (code, signal) => {
        slot.worker = null;
        slot.serving = false;
        collector.ended(slot.name);
        const how = `${slot.name} (process ${worker.process.pid}) ended ${signal === null ? `with code ${code}` : `by ${signal}`}`;
        reject(new Error(how));
        if (starting || closing) return;
        report(`${how}: starting it again`);
        const wait = Date.now() - startedAt > healthyMs ? firstRestartMs : retryMs;
        slot.restart = setTimeout(() => {
          restarts += 1;
          start(slot, Math.min(wait * 2, longestRestartMs)).catch(() => undefined);
        }, wait);
      });
    });
    worker.on('error', (error) => report(`${slot.name} (process ${worker.process.pid}): ${error.message}`));
    return ready;
  };

  const close = async (): Promise<void> => {
    closing = true;
    await Promise.all(
      slots.map(async (slot) => {
        clearTimeout(slot.restart);
        const { worker } = slot;
        if (worker === null) return;
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        worker.process.kill('SIGTERM');
        const force = setTimeout(() => {
          report(`${slot.name} did not end in time`);
          worker.process.kill('SIGKILL');
        }, drain + endMs);
        await ended;
        clearTimeout(force);
      }),
    );
  };

  try {
    const [first] = await Promise.all(slots.map((slot) => start(slot, firstRestartMs)));
    starting = false;
    if (first === undefined) throw new Error('a gateway needs a process');
    return { ready: { ...first, instance }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const counted = (slot: Slot): Counted => ({
  name: slot.name,
  ask: (id) => slot.worker !== null && slot.serving && tell(slot.worker, { type: 'count', id }),
});

/** False where the process is gone; one that goes meanwhile does not answer. */
function tell(worker: Worker, message: FromPrimary): boolean {
  if (!worker.isConnected()) return false;
  worker.send(message, undefined, () => undefined);
  return true;
}
