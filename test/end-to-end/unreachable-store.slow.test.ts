import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { errorTypes, messages, workflowTypes } from '../../contracts/names.ts';
import { findVersitygw, startVersitygw, type S3Server } from '../contracts/versitygw.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startEntry } from './entry.ts';
import { writeProject } from './project.ts';
import { until } from './scene.ts';
import { patience } from '../support/patience.ts';

const s3 = await findVersitygw();

describe('a store in S3', { timeout: patience(200_000) }, () => {
  let temporal: TestTemporal;
  let project: string;
  const undo: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'pawl-project-'));
    await writeProject(project);
    temporal = await startTestTemporal({ PAWL_PROJECT: project });
  });
  afterEach(async () => {
    for (let next = undo.pop(); next !== undefined; next = undo.pop()) await next();
  });
  afterAll(async () => {
    await temporal?.stop();
    await rm(project, { recursive: true, force: true });
  });

  /** A worker process on this store; it is gone after the test. */
  const startWorker = async (store: string, endpoint: string): Promise<void> => {
    const worker = await startEntry(
      temporal.config,
      `worker-${undo.length}`,
      'workers/main',
      ['--queues', 'pipeline'],
      {
        ...process.env,
        PAWL_PROJECT: project,
        PAWL_HOME: temporal.config.home,
        PAWL_STORE: store,
        PAWL_S3_ENDPOINT: endpoint,
        TEMPORAL_ADDRESS: temporal.server.address,
        AWS_ACCESS_KEY_ID: 'pawl',
        AWS_SECRET_ACCESS_KEY: 'pawl-secret',
      },
    );
    undo.push(() => worker.stop());
  };

  const start = (id: string) =>
    temporal.client.workflow.start(workflowTypes.retrain, {
      workflowId: id,
      taskQueue: temporal.config.taskQueues.pipeline,
      args: ['employment'],
    });

  const openRunOf = async (handle: Awaited<ReturnType<typeof start>>) => {
    const { raw } = await handle.describe();
    const pending = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'openRun');
    return pending ?? null;
  };

  it('is retried while it cannot be reached, and everyone can see why', async () => {
    const nowhere = await closedPort();
    await startWorker('s3://pawl-test/away', `http://127.0.0.1:${nowhere}`);
    const handle = await start('away');
    const pending = await until('the third attempt', async () => {
      const activity = await openRunOf(handle);
      return (activity?.attempt ?? 0) > 2 ? activity : null;
    });
    expect(pending?.lastFailure?.message).toMatch(/the store s3:\/\/pawl-test\/away cannot be reached or failed/);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await handle.terminate('seen');
  });

  const server = async (): Promise<S3Server> => {
    if ('missing' in s3) throw new Error(s3.missing);
    const started = await startVersitygw(s3.binary);
    undo.push(() => started.close());
    return started;
  };

  it('fails a run at once, for good, where the bucket is missing', async ({ skip }) => {
    if ('missing' in s3) skip(s3.missing);
    const { endpoint } = await server();
    await startWorker('s3://no-such-bucket/runs', endpoint);
    const handle = await start('missing');
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const failure = rootOf(error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: errorTypes.missingBucket, nonRetryable: true });
    expect(failure.message).toMatch(/there is no bucket "no-such-bucket".*correct PAWL_STORE/);
    const { events } = await handle.fetchHistory();
    expect(events?.filter(({ activityTaskStartedEventAttributes: started }) => started).length).toBe(1);
    expect(
      events?.find((event) => event.activityTaskStartedEventAttributes)?.activityTaskStartedEventAttributes?.attempt,
    ).toBe(1);
  });

  it('takes a run up where it was when it comes back', async ({ skip }) => {
    if ('missing' in s3) skip(s3.missing);
    const store = await server();
    await startWorker(`s3://${store.bucket}/runs`, store.endpoint);
    await store.kill();
    const handle = await start('back');
    await until('the second attempt', async () => (((await openRunOf(handle))?.attempt ?? 0) > 1 ? true : null));
    await store.restart();
    await until('the run goes on', async () => {
      const { stage } = await handle.query<{ stage: string }>(messages.progress);
      return stage === 'snapshot' ? true : null;
    });
    await handle.terminate('seen');
  });
});

function rootOf(error: unknown): Error {
  let at = error as Error;
  while (at.cause instanceof Error && !(at instanceof ApplicationFailure)) at = at.cause;
  return at;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
