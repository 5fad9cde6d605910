import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import type { WantedProvider } from '../contracts/names.ts';
import { workClasses, type WorkClass, type WorkOptions, type WorkPlan } from '../contracts/work.ts';
import { openArtifactStore } from './artifact-store/open-artifact-store.ts';
import { createDefinitions, type DefinitionLoaders } from './definitions/config.ts';
import { createTemporalExecutions } from './executions/temporal.ts';
import { openImportExaminer } from './import-examiner/open-import-examiner.ts';
import { openInference } from './inference/open-inference.ts';
import { openMetricSource } from './metric-source/open-metric-source.ts';
import { openLog } from './prediction-log/open-log.ts';
import { createRegistry } from './registry/store.ts';
import { createVerifier } from './registry/verifier.ts';
import { openReleaseTarget } from './release-target/open-release-target.ts';
import { createStagingHost } from './staging/process.ts';
import { createDuckDbTables } from './table-engine/duckdb.ts';
import { machine } from './machine.ts';
import { createTrainer } from './trainer/auto.ts';
import { createSingleTrainer } from './trainer/by-kind.ts';
import { createProcessTrainer } from './trainer/process.ts';

/** Usual address of a Temporal server where none is configured. */
const defaultAddress = '127.0.0.1:7233';

/** Chooses every adapter from the config: the one place that knows them all. `provider` is what networks are trained on here. */
export function openPorts(config: Config, loaders: DefinitionLoaders, provider: WantedProvider = 'auto') {
  const store = openArtifactStore(config);
  const registry = createRegistry(store, Date.now);
  const { corrections, tolerance: toleranceMs } = config.gateway.feedback;
  const inference = openInference();
  let client: Client | null = null;
  const openClient = (): Client => (client ??= connectLazily(config));
  return {
    store,
    registry,
    verifier: createVerifier(store, registry),
    /** It is loaded when it is first asked for: that takes half a second, and many commands ask the store alone. */
    get client() {
      return openClient();
    },
    definitions: createDefinitions(loaders),
    tables: createDuckDbTables({ tempDir: join(config.home, 'tmp') }),
    trainer: createTrainer(
      createSingleTrainer(createProcessTrainer({ execArgs: config.execArgs, provider }), {
        inference,
        tempDir: join(config.home, 'tmp'),
        environments: join(config.home, 'environments'),
      }),
      inference,
    ),
    inference,
    imports: openImportExaminer(),
    staging: createStagingHost({ config }),
    ...openLog({ store, home: config.home, corrections, toleranceMs }),
    executions: createTemporalExecutions(openClient),
    /** The platform that serves a model. */
    releaseTarget: (model: string) => openReleaseTarget(config, registry, model),
    /** Where the counts of a model's releases come from; null is its prediction log. */
    metricSource: (model: string) => openMetricSource(config, model),
    work: workPlan(config),
    code: config.code,
    machine: machine(),
    now: Date.now,
    async close(): Promise<void> {
      await client?.connection.close();
      await store.close();
    },
  };
}
export type OpenedPorts = ReturnType<typeof openPorts>;

function connectLazily(config: Config): Client {
  const { Client, Connection } = createRequire(import.meta.url)(
    '@temporalio/client',
  ) as typeof import('@temporalio/client');
  const connection = Connection.lazy({ ...config.connection, address: config.address ?? defaultAddress });
  return new Client({ connection, namespace: config.namespace });
}

function workPlan(config: Config): WorkPlan {
  const work = Object.fromEntries(
    workClasses.map((name): [WorkClass, WorkOptions] => {
      const { startToClose, heartbeat, attempts, firstRetry, longestRetry } = config.work[name];
      return [
        name,
        {
          startToCloseMs: startToClose,
          heartbeatMs: heartbeat,
          attempts,
          firstRetryMs: firstRetry,
          longestRetryMs: longestRetry,
        },
      ];
    }),
  ) as Record<WorkClass, WorkOptions>;
  return { queues: config.taskQueues, work };
}
