import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowHandle } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import { retrainScheduleId, workflowTypes } from '../contracts/names.ts';
import type { RetrainRequest } from '../contracts/run.ts';
import { CommandFailed } from './errors.ts';

/** Starts `retrainAndRelease`, under our kind of id unless another is given. */
export async function startRun(
  client: Client,
  config: Pick<Config, 'taskQueues'>,
  request: RetrainRequest,
  id = `${retrainScheduleId(request.model)}/${new Date().toISOString()}`,
): Promise<WorkflowHandle> {
  try {
    return await client.workflow.start(workflowTypes.retrain, {
      workflowId: id,
      taskQueue: config.taskQueues.pipeline,
      args: [request],
      staticSummary: `Retrain ${request.model}: by hand`,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new CommandFailed(`a run "${id}" is under way already: \`pawl status ${id}\` shows it; give another --id`);
    throw error;
  }
}
