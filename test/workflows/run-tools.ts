import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../../contracts/run/approval.ts';
import { until, type Harness } from './harness.ts';

/** Starts runs on a harness, and says what became of them. */
export function runTools(harness: () => Harness) {
  const start = (input: unknown): Promise<WorkflowHandle> =>
    harness().client.workflow.start('retrainAndRelease', {
      args: [input],
      taskQueue: 'pawl',
      workflowId: `run-${randomUUID()}`,
    });
  const progress = (run: WorkflowHandle): Promise<Progress> => run.query<Progress>('progress');
  const untilAwaited = async (run: WorkflowHandle): Promise<string> => {
    const { evidence } = await until(
      () => progress(run),
      (answer) => answer.evidence !== null,
    );
    return evidence ?? '';
  };
  const recorded = async (run: WorkflowHandle) => (await harness().ports.registry.run(run.workflowId))?.result;
  const detailsOf = async (run: WorkflowHandle): Promise<string> => {
    const { currentDetails } = await run.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return currentDetails ?? '';
  };
  const failureOf = async (run: WorkflowHandle): Promise<WorkflowFailedError> => {
    const error: unknown = await run.result().catch((thrown: unknown) => thrown);
    if (!(error instanceof WorkflowFailedError)) throw new Error('it did not fail', { cause: error });
    return error;
  };
  return { start, progress, untilAwaited, recorded, detailsOf, failureOf };
}
