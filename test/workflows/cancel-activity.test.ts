import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportProgress } from '../../activities/support/progress.ts';
import { currentSignal } from '../../activities/support/stoppable-ports.ts';
import { stageProgress } from '../../cli/workflow-progress.ts';
import { definitionLoaders } from '../../config/load-definitions.ts';
import { workflowTypes } from '../../contracts/names.ts';
import { openPorts, type OpenedPorts } from '../../ports/open-ports.ts';
import { startWorkers, type RunningWorkers } from '../../workers/worker.ts';
import { patience, waitFor } from '../support/patience.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';

describe('an activity on a real worker', { timeout: patience(60_000) }, () => {
  let temporal: TestTemporal;
  let ports: OpenedPorts;
  let workers: RunningWorkers;
  let cancelledAt: number | null = null;

  beforeAll(async () => {
    temporal = await startTestTemporal();
    ports = openPorts(temporal.config, definitionLoaders(temporal.config));
    const definitions: OpenedPorts['definitions'] = {
      ...ports.definitions,
      model: () => {
        reportProgress(312, 1_200, 'columns');
        return new Promise((_, reject) =>
          currentSignal()?.addEventListener('abort', () => {
            cancelledAt = performance.now();
            reject(new Error('cancelled'));
          }),
        );
      },
    };
    workers = await startWorkers(temporal.config, { ...ports, definitions }, ['pipeline']);
  }, patience(60_000));
  afterAll(async () => {
    await workers?.stop();
    await ports?.close();
    await temporal?.stop();
  });

  it('tells how far it has come, and hears of its cancellation within a second', async () => {
    const handle = await temporal.client.workflow.start(workflowTypes.monitor, {
      taskQueue: temporal.config.taskQueues.pipeline,
      workflowId: randomUUID(),
      args: ['any'],
    });
    const told = await waitFor('progress in a heartbeat', () => stageProgress(temporal.client, handle.workflowId));
    expect(told).toBe('240 of 1200 columns');
    const since = performance.now();
    await handle.cancel();
    const at = await waitFor('the cancellation in the activity', () => cancelledAt);
    expect(at - since).toBeLessThan(patience(1_000));
  });
});
