import type { Client } from '@temporalio/client';
import type { Executions } from './port.ts';

/** `runId` is the first of a chain that continued as new: the chain runs while its latest run does. */
export function createTemporalExecutions(client: () => Client): Executions {
  return {
    async isRunning(workflowId, runId) {
      try {
        const { status, raw } = await client().workflow.getHandle(workflowId).describe();
        const { workflowExecutionInfo: info } = raw;
        const first = info?.firstRunId || info?.execution?.runId;
        return first === runId && status.name === 'RUNNING';
      } catch (error) {
        const { WorkflowNotFoundError } = await import('@temporalio/client');
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
