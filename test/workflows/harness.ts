import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { packageRoot } from '../../config/source-tree.ts';
import type { Config } from '../../config/schema.ts';
import type { ApprovalRecord } from '../../contracts/run/approval.ts';
import type { Deployment } from '../../contracts/release/deployment.ts';
import type { Digest } from '../../contracts/digest.ts';
import { canonicalJson } from '../../contracts/canonical.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { createRegistry } from '../../ports/registry/store.ts';
import { activityErrors } from '../../workers/activity-errors.ts';
import { workflowBundle } from '../../workers/bundle.ts';
import { writeChurnProject } from '../cli/churn-project.ts';
import { stubActivities, type Script } from './stub-activities.ts';
import { patience } from '../support/patience.ts';

// Once per process, before anything native begins: replays that ought to fail would fill the screen.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
});

/** Instead of `<process>@<host>`: recorded histories name no machine. */
export const identity = 'pawl-test';

/** Releases are looked at ten times a second; shadow and canary hold unless a script says more. */
const policy = { analyzeEvery: '100ms', bake: '100ms', holdback: 0, shadow: { duration: '1h' }, steps: [0.1, 0.5] };

export interface Harness {
  readonly client: Client;
  readonly ports: OpenedPorts;
  readonly config: Config;
  /** Defines a model of its own for a test, so that tests can run side by side. */
  readonly define: (model: string, script?: Script, definition?: Record<string, unknown>) => Promise<string>;
  /** Registers a version without a run, which ada approved unless it says otherwise. */
  readonly addVersion: (
    model: string,
    bytes?: Uint8Array,
    decision?: ApprovalRecord['decision'] | null,
  ) => Promise<number>;
  /** Versions 1 and 2; version 1 serves. */
  readonly defineServing: (
    model: string,
    script?: Script,
    definition?: Record<string, unknown>,
    bytes?: readonly [Uint8Array, Uint8Array],
  ) => Promise<string>;
  readonly record: (model: string) => Promise<Deployment>;
  stop(): Promise<void>;
}

/** Workers for all queues at an address, with a project of their own in the config's home, and a clock for what activities do. */
export async function startHarness(given: Config, address: string, now: () => number = Date.now): Promise<Harness> {
  const home = given.home;
  const config = { ...given, address, project: home, models: join(home, 'models'), code: 'test' };
  await writeChurnProject(home);
  await mkdir(config.models, { recursive: true });
  const scripts = new Map<string, Script>();
  const opened = openPorts(config, definitionLoaders(config));
  const ports: OpenedPorts = { ...opened, now, registry: createRegistry(opened.store, now) };
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace: config.namespace, identity });
  // The package's own cache: webpack once for all test files.
  const bundle = await workflowBundle({ home: join(packageRoot, '.pawl') });
  const workers = await Promise.all(
    Object.entries(config.taskQueues).map(([role, taskQueue]) => {
      const options: WorkerOptions = {
        connection: native,
        namespace: config.namespace,
        taskQueue,
        identity,
        activities: { ...stubActivities(ports, scripts) },
        interceptors: { activity: [() => ({ inbound: activityErrors })] },
      };
      return Worker.create(
        role === 'pipeline' || role === 'release' ? { ...options, workflowBundle: bundle } : options,
      );
    }),
  );
  const done = Promise.all(workers.map((worker) => worker.run()));

  const define: Harness['define'] = async (model, script = {}, definition = {}) => {
    scripts.set(model, script);
    const { release, ...rest } = definition;
    const declared = {
      model,
      dataset: 'people',
      features: ['age'],
      trainer: { kind: 'network' },
      ...rest,
      release: { ...policy, ...(release as object | undefined) },
    };
    // YAML holds JSON.
    await writeFile(join(config.models, `${model}.yaml`), JSON.stringify(declared));
    return model;
  };
  const addVersion: Harness['addVersion'] = async (model, bytesOf, decision = 'approved') => {
    const declared = await ports.definitions.model(model);
    const definition = await ports.store.putBlob(canonicalJson(declared));
    const champion = (await ports.registry.currentDeployment(model))?.champion ?? null;
    const dataset = await ports.store.putBlob(canonicalJson(await ports.definitions.datasetOf(declared)));
    const bytes = await ports.store.putBlob(
      bytesOf ?? canonicalJson({ model, of: (await ports.registry.versions(model)).length }),
    );
    const run = `by-hand/${bytes}`;
    const subject = { run, definition, snapshot: definition, model: bytes, stages: [] };
    const evidence = await ports.store.putBlob(canonicalJson(subject));
    const { version } = await ports.registry.register({
      schema: 'pawl.version/1',
      model,
      created: new Date().toISOString(),
      run,
      candidate: { model: bytes, fp32: bytes, variant: 'fp32' },
      lineage: {
        definition,
        dataset,
        snapshot: definition,
        training: definition,
        champion,
        code: 'test',
        environment: {},
      },
      verdicts: [],
      subject,
      evidence,
    });
    const said = { by: 'ada', reason: 'looked at it', via: 'update' } as const;
    if (decision !== null)
      await ports.registry.recordApproval(model, run, { decision, evidence, at: new Date().toISOString(), ...said });
    return version;
  };
  return {
    client,
    ports,
    config,
    define,
    addVersion,
    async defineServing(model, script, definition, bytes) {
      await define(model, script, definition);
      const champion = await addVersion(model, bytes?.[0]);
      await serve(ports, model, champion);
      await addVersion(model, bytes?.[1]);
      return model;
    },
    async record(model) {
      const deployment = await ports.registry.deployment(model);
      if (deployment === null || deployment === 'unchanged') throw new Error(`"${model}" has no deployment record`);
      return deployment.record;
    },
    async stop() {
      for (const worker of workers) worker.shutdown();
      await done;
      await native.close();
      await connection.close();
      await ports.close();
    },
  };
}

async function serve(ports: OpenedPorts, model: string, champion: number): Promise<void> {
  await ports.registry.changeDeployment(model, () => ({
    champion,
    previous: null,
    canary: null,
    shadow: null,
    frozen: false,
    salt: 'salt',
    release: null,
    actor: 'test',
    reason: 'it serves from the start',
  }));
}

/** Asks until the answer satisfies, and returns it; the error tells the last one. */
export async function until<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean, ms = 25_000): Promise<T> {
  const deadline = Date.now() + patience(ms);
  for (;;) {
    const answer = await ask().catch((error: unknown) => error as T);
    if (!(answer instanceof Error) && satisfies(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`not within ${ms} ms; the last answer was ${JSON.stringify(answer)}`, { cause: answer });
    await delay(40);
  }
}

/** A deployment record in a few words. */
export function inWords({ champion, previous, canary, shadow, release }: Deployment): string {
  return [
    `champion ${champion}${previous === null ? '' : ` after ${previous}`}`,
    ...(canary === null ? [] : [`${canary.share} to ${canary.version}`]),
    ...(shadow === null ? [] : [`mirrors ${shadow.version}`]),
    ...(release === null ? [] : ['held']),
  ].join(', ');
}

/** A digest of nothing that a run has. */
export const strangeDigest = `sha256:${'f'.repeat(64)}` as Digest;
