import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { Ports } from '../activities/ports.ts';
import type { Config } from '../config/schema.ts';
import type { QueueRole } from '../contracts/names.ts';
import { activityErrors } from './activity-errors.ts';
import { workflowBundle } from './bundle.ts';

export interface RunningWorkers {
  /** Resolves when all have stopped; rejects when one of them failed. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** Polls the queues of the given roles. Workflows may be started on any of them. */
export async function startWorkers(config: Config, ports: Ports, roles: readonly QueueRole[]): Promise<RunningWorkers> {
  const connection = await NativeConnection.connect({
    ...config.connection,
    address: config.address ?? '127.0.0.1:7233',
  });
  const activities = createActivities(ports);
  const bundle = roles.some(runsWorkflows) ? await workflowBundle(config) : null;
  const workers = await Promise.all(
    roles.map((role) => {
      const options: WorkerOptions = {
        connection,
        namespace: config.namespace,
        taskQueue: config.taskQueues[role],
        activities,
        maxConcurrentActivityTaskExecutions: config.workers[role],
        // A heartbeat's answer carries the cancellation: without this the SDK holds heartbeats back for most of their time-out.
        maxHeartbeatThrottleInterval: '500 milliseconds',
        defaultHeartbeatThrottleInterval: '500 milliseconds',
        shutdownGraceTime: '5 seconds',
        interceptors: { activity: [() => ({ inbound: activityErrors })] },
      };
      return Worker.create(runsWorkflows(role) && bundle !== null ? { ...options, workflowBundle: bundle } : options);
    }),
  );
  const done = Promise.all(workers.map((worker) => worker.run())).then(() => connection.close());
  return {
    done,
    async stop() {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
      await done;
    },
  };
}

const runsWorkflows = (role: QueueRole): boolean => role === 'pipeline' || role === 'release';
