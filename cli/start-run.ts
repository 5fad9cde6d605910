import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowHandle } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import { retrainScheduleId, workflowTypes } from '../contracts/names.ts';
import type { RetrainRequest } from '../contracts/run/run.ts';
import { resolveRequest } from '../policy/run-request.ts';
import type { Definitions } from '../ports/definitions/port.ts';
import { CommandFailed } from './errors.ts';
import { requireNamespace } from './namespace.ts';

/** Throws what the run would fail with: an unknown model, a faulty definition, selection or parameter. */
export async function checkRequest(
  definitions: Definitions,
  request: RetrainRequest,
  { isImport = false }: { readonly isImport?: boolean } = {},
): Promise<void> {
  const definition = await definitions.model(request.model);
  resolveRequest(request, definition, await definitions.datasetOf(definition), isImport);
}

/** Starts `retrainAndRelease`, under our kind of id unless another is given. */
export async function startRun(
  client: Client,
  config: Pick<Config, 'taskQueues' | 'address' | 'namespace'>,
  request: RetrainRequest,
  id = `${retrainScheduleId(request.model)}/${new Date().toISOString()}`,
): Promise<WorkflowHandle> {
  await requireNamespace({ client, config });
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
