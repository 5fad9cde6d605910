import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { RolledBack } from '../activities/release/roll-back.ts';
import type { RollbackRequest } from '../contracts/release/release.ts';
import { applyTraffic, rollBack } from './activities.ts';
import { commandSignal } from './messages.ts';
import { markSearchable } from './search-attributes.ts';

/** Takes traffic back at once; a release that is under way is told, and ends as rolled back. */
export async function rollback(request: RollbackRequest): Promise<RolledBack> {
  const { workflowId, runId } = workflowInfo();
  const result = await rollBack({ request, actor: `${workflowId}/${runId}` });
  markSearchable({ model: result.model, stage: 'rollback', version: result.champion });
  if (result.release !== null) {
    const told = getExternalWorkflowHandle(result.release).signal(commandSignal('rollback'), {
      by: request.by ?? workflowId,
      reason: request.reason,
    });
    // The release may have ended meanwhile; traffic is back either way.
    await told.catch(() => undefined);
  }
  if (result.target !== undefined) await applyTraffic({ model: result.model, insist: true });
  return result;
}
