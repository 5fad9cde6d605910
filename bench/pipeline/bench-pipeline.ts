import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import { createActivities } from '../../activities/index.ts';
import { loadConfig } from '../../config/load-config.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import type { Config } from '../../config/schema.ts';
import { notPromotedType, workflowTypes } from '../../contracts/names.ts';
import type { RetrainRequest, RunResult } from '../../contracts/run/run.ts';
import { openPorts } from '../../ports/open-ports.ts';
import { workflowBundle } from '../../workers/bundle.ts';
import { startEmbeddedServer } from '../../workers/embedded-server.ts';
import { figure, type BenchRow } from '../row.ts';
import { noOpActivities } from './no-op-activities.ts';

/** Stage times of one real run, and what orchestration alone costs: the same workflow over activities with nothing inside. */
export async function benchPipeline(quick: boolean): Promise<BenchRow[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const home = await mkdtemp(join(tmpdir(), 'pawl-bench-'));
  const config = loadConfig({ ...process.env, PAWL_HOME: home });
  const server = await startEmbeddedServer(config, { log: () => undefined });
  try {
    const connected: Config = { ...config, address: server.address };
    return [...(await stageTimes(connected, quick)), ...(await overhead(connected, quick ? [1, 100] : [1, 100, 1000]))];
  } finally {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** A run that nobody approves fails, as this one is meant to. */
function expectNotPromoted(error: unknown): void {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  if (!(cause instanceof ApplicationFailure && cause.type === notPromotedType)) throw cause;
}

/** One run of `employment` without a champion: every stage up to the approval, which nobody gives before it expires. */
async function stageTimes(config: Config, quick: boolean): Promise<BenchRow[]> {
  const loaders = definitionLoaders(config);
  const withoutPerson = {
    ...loaders,
    model: (name: string) => {
      const model = loaders.model(name);
      return { ...model, approval: { ...model.approval, deadline: 1 } };
    },
  };
  const ports = openPorts(config, withoutPerson);
  const times: { stage: string; ms: number }[] = [];
  const timed = Object.fromEntries(
    Object.entries(createActivities(ports)).map(([stage, activity]) => [
      stage,
      async (input: never) => {
        const before = performance.now();
        const result = await (activity as (input: never) => Promise<unknown>)(input);
        times.push({ stage, ms: performance.now() - before });
        return result;
      },
    ]),
  ) as Activities;
  const request: RetrainRequest = {
    model: 'employment',
    data: quick ? { from: 2015, to: 2015, limit: 20_000 } : { from: 2015, to: 2016 },
  };
  const whole = await withWorker(config, timed, async (client) => {
    const before = performance.now();
    await client.workflow
      .execute(workflowTypes.retrain, {
        workflowId: 'bench/stages',
        taskQueue: config.taskQueues.pipeline,
        args: [request],
      })
      .catch(expectNotPromoted);
    return performance.now() - before;
  });
  await ports.close();
  const worked = times.reduce((sum, { ms }) => sum + ms, 0);
  return [
    ...times.map(({ stage, ms }) => figure(`one run: ${stage}`, ms, 'ms')),
    {
      work: 'one run: whole, against its activities alone',
      ours: whole,
      peer: worked,
      peerName: 'activities',
      unit: 'ms',
      ratio: whole / worked,
      goal: null,
      holds: null,
    },
  ];
}

async function overhead(config: Config, sizes: readonly number[]): Promise<BenchRow[]> {
  const ports = openPorts(config, definitionLoaders(config));
  const plan = ports.work;
  await ports.close();
  const rows: BenchRow[] = [];
  for (const size of sizes) {
    const ms = await withWorker(config, noOpActivities(plan), async (client) => {
      const before = performance.now();
      const outcomes = await Promise.all(
        Array.from({ length: size }, (_, i) =>
          client.workflow.execute<(request: RetrainRequest) => Promise<RunResult>>(workflowTypes.retrain, {
            workflowId: `bench/${size}/${i}`,
            taskQueue: config.taskQueues.pipeline,
            args: [{ model: `bench-${size}-${i}` }],
          }),
        ),
      );
      const wrong = outcomes.filter(({ outcome }) => outcome !== 'promoted').length;
      if (wrong > 0) throw new Error(`${wrong} of ${size} no-op runs were not promoted`);
      return performance.now() - before;
    });
    rows.push(
      figure(`${size} no-op runs at once: all`, ms, 'ms'),
      figure(`${size} no-op runs at once: each`, ms / size, 'ms'),
    );
  }
  return rows;
}

async function withWorker<T>(config: Config, activities: Activities, work: (client: Client) => Promise<T>): Promise<T> {
  const address = config.address ?? '';
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const bundle = await workflowBundle(config);
  const workers = await Promise.all(
    Object.values(config.taskQueues).map((taskQueue) =>
      Worker.create({
        connection: native,
        namespace: config.namespace,
        taskQueue,
        activities,
        workflowBundle: bundle,
        maxConcurrentActivityTaskExecutions: 100,
      }),
    ),
  );
  const running = workers.map((worker) => worker.run());
  try {
    return await work(new Client({ connection, namespace: config.namespace }));
  } finally {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await connection.close();
    await native.close();
  }
}
