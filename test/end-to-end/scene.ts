import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { prepareSources, type LiveRow } from '../../cli/demo/sources.ts';
import { inferBody, startTraffic, type DemoTraffic } from '../../cli/demo/traffic.ts';
import type { Config } from '../../config/schema.ts';
import type { Decision, Progress } from '../../contracts/run/approval.ts';
import { trainingEvidenceSchema, type TrainingEvidence } from '../../contracts/evidence/training.ts';
import { messages, releaseWorkflowId, workflowTypes } from '../../contracts/names.ts';
import type { ReleaseProgress } from '../../contracts/release/release.ts';
import { resultOfRun, type RetrainRequest, type RunResult } from '../../contracts/run/run.ts';
import type { OpenedPorts } from '../../ports/open-ports.ts';
import type { Platform } from '../../workers/supervise.ts';
import { openPlatform } from './own-platform.ts';
import { writeProject, type FileSettings } from './project.ts';
import { patience } from '../support/patience.ts';

export const model = 'employment';

/** The whole platform on a project of its own, and what a test does with it. */
export interface Scene {
  readonly config: Config;
  readonly platform: Platform;
  readonly ports: OpenedPorts;
  /** With it, `pawl` finds the platform. */
  readonly env: NodeJS.ProcessEnv;
  /** What the supervisor said. */
  readonly said: string[];
  readonly live: readonly LiveRow[];
  start(id: string, request: Omit<RetrainRequest, 'model'>): Promise<WorkflowHandle>;
  /** Live requests at a steady rate from now on; stopped with the scene at the latest. */
  traffic(): DemoTraffic;
  stop(): Promise<void>;
}

export async function openScene(options: { trainer?: object; file?: FileSettings } = {}): Promise<Scene> {
  const own = await openPlatform((folder) => writeProject(folder, options));
  const { config, platform, ports, env, said } = own;
  try {
    const definition = await ports.definitions.model(model);
    const dataset = await ports.definitions.datasetOf(definition);
    const { live } = await prepareSources(config.home, dataset, definition.features);
    return {
      config,
      platform,
      ports,
      env,
      said,
      live,
      start: (id, request) =>
        ports.client.workflow.start(workflowTypes.retrain, {
          workflowId: id,
          taskQueue: config.taskQueues.pipeline,
          args: [{ model, ...request }],
        }),
      traffic() {
        const gateway = platform.addresses.gateway.http;
        const started = startTraffic({
          gateway,
          model,
          rows: live,
          perSecond: 50,
          labelDelayMs: 500,
          prefix: `live-${Date.now()}`,
        });
        own.onStop(() => started.stop());
        return started;
      },
      stop: () => own.stop(),
    };
  } catch (error) {
    await own.stop();
    throw error;
  }
}

/** Asks until `read` gives something; what it throws meanwhile is told when the time is over. */
export async function until<T>(what: string, read: () => Promise<T | null>, timeoutMs = 150_000): Promise<T> {
  const deadline = Date.now() + patience(timeoutMs);
  let last: unknown = 'it was not so';
  for (;;) {
    const value = await read().catch((error: unknown) => {
      last = error;
      return null;
    });
    if (value !== null) return value;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: last });
    await delay(100);
  }
}

/** Waits until the run awaits a person, who then decides on the evidence that the run shows. */
export async function decide(handle: WorkflowHandle, decision: 'approve' | 'reject'): Promise<Progress> {
  const progress = await until(`${handle.workflowId} waits for approval`, async () => {
    const seen = await handle.query<Progress>(messages.progress);
    if (seen.evidence === null) throw new Error(`it is at ${seen.stage}: ${JSON.stringify(seen.stages)}`);
    return seen;
  });
  const args: [Decision] = [{ by: 'ada', reason: 'looked at it', evidence: progress.evidence as Decision['evidence'] }];
  await handle.executeUpdate<string, [Decision]>(messages[decision], { args });
  return progress;
}

/** The end of a run, asked for in a way that outlives a killed server. */
export async function resultOf(handle: WorkflowHandle): Promise<RunResult> {
  await until(`${handle.workflowId} ends`, async () =>
    (await handle.describe()).status.name === 'RUNNING' ? null : true,
  );
  return resultOfRun(handle);
}

/** Waits until the release of the model is in this phase. */
export const untilPhase = ({ ports }: Scene, phase: ReleaseProgress['phase']): Promise<ReleaseProgress> =>
  until(`the release is in its ${phase}`, async () => {
    const release = ports.client.workflow.getHandle(releaseWorkflowId(model));
    const progress = await release.query<ReleaseProgress>(messages.progress);
    return progress.phase === phase ? progress : null;
  });

/** Asks a gateway for one prediction; the version that answered, or null. */
export async function versionServed(gateway: string, row: LiveRow | undefined): Promise<number | null> {
  if (row === undefined) throw new Error('there are no live rows');
  const response = await fetch(`${gateway}/v2/models/${model}/infer`, {
    method: 'POST',
    body: inferBody(row, `probe-${Date.now()}-${Math.random()}`),
  }).catch(() => null);
  await response?.arrayBuffer();
  return response?.ok === true ? Number(response.headers.get('x-pawl-version')) : null;
}

/** Trains and promotes the first version, and waits until the gateway has found it. */
export async function promoteFirst(scene: Scene): Promise<RunResult> {
  const run = await scene.start('first', { data: { from: 2015, to: 2015, limit: 2_000 } });
  await decide(run, 'approve');
  const result = await resultOf(run);
  const { http } = scene.platform.addresses.gateway;
  await until('the gateway serves version 1', async () =>
    (await versionServed(http, scene.live[0])) === 1 ? true : null,
  );
  return result;
}

/** What the run's training says of itself. */
export async function trainingOf({ ports }: Scene, version: number): Promise<TrainingEvidence> {
  const { lineage } = await ports.registry.version(model, version);
  if (lineage.training === null) throw new Error(`version ${version} was not trained here`);
  return trainingEvidenceSchema.parse(
    JSON.parse(new TextDecoder().decode(await ports.store.getBlob(lineage.training))),
  );
}

/** The last epoch that the server knows of; null where none is known. */
export async function checkpointOf(handle: WorkflowHandle): Promise<number | null> {
  const { raw } = await handle.describe();
  const training = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'trainModel');
  const data = training?.heartbeatDetails?.payloads?.[0]?.data;
  if (data === null || data === undefined) return null;
  const details = JSON.parse(new TextDecoder().decode(data)) as { done?: number } | null;
  return details?.done ?? null;
}
