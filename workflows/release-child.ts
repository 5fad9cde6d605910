import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  sleep,
} from '@temporalio/workflow';
import { failureDetail } from '../contracts/failure-detail.ts';
import { releaseWorkflowId, rolledBackType } from '../contracts/names.ts';
import type { ReleaseRequest, ReleaseResult } from '../contracts/release/release.ts';
import { whenBusy } from './activities.ts';
import { commandSignal } from './messages.ts';
import { release } from './release.ts';

const busyRetryMs = 5_000;

/** Runs the one release workflow of the model. Where one runs already, waits until it has ended. */
export async function releaseAsChild(
  request: ReleaseRequest,
  taskQueue: string,
  onWait: (waitingFor: string | null) => void,
): Promise<ReleaseResult> {
  const workflowId = releaseWorkflowId(request.model);
  for (;;) {
    try {
      return await executeChild(release, {
        args: [request],
        workflowId,
        taskQueue,
        // A release outlives the run that began it.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: `Release version ${request.version} of ${request.model}`,
      });
    } catch (error) {
      const rolledBack = failureDetail(error, rolledBackType) as ReleaseResult | undefined;
      if (rolledBack !== undefined) return rolledBack;
      if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return cancelledByHand(request);
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const busy = await whenBusy(request);
      if (busy === 'refuse') return refused(request, workflowId);
      if (busy === 'replace') await replace(workflowId, request);
      onWait(`the release "${workflowId}" that is under way`);
      await sleep(busyRetryMs, { summary: `Another release of ${request.model} is under way` });
      onWait(null);
    }
  }
}

/** The release may have ended meanwhile; then there is nothing to replace. */
const replace = (workflowId: string, { version, by = 'unknown' }: ReleaseRequest): Promise<void> =>
  getExternalWorkflowHandle(workflowId)
    .signal(commandSignal('abort'), { by, reason: `replaced by version ${version}` })
    .catch(() => undefined);

const refused = ({ model, version }: ReleaseRequest, workflowId: string): ReleaseResult => ({
  outcome: 'rolledBack',
  model,
  version,
  reason: `the release "${workflowId}" is under way, and the policy refuses another`,
  analyses: 0,
  evidence: null,
  rollbackMs: null,
});

const cancelledByHand = ({ model, version }: ReleaseRequest): ReleaseResult => ({
  outcome: 'rolledBack',
  model,
  version,
  reason: 'the release was cancelled, and the champion restored',
  analyses: 0,
  evidence: null,
  rollbackMs: null,
});
