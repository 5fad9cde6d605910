import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { releaseWorkflowId, workflowTypes } from '../contracts/names.ts';
import type { ReleaseRecord } from '../contracts/release/release-log.ts';
import type { Context } from './context.ts';
import { CommandFailed } from './errors.ts';
import { endOfRun, openStatuses } from './run-end.ts';

/** The model of `release/<model>`; null for another id. */
export function modelOfRelease(id: string): string | null {
  const model = id.replace(/^release\//, '');
  return id === releaseWorkflowId(model) ? model : null;
}

/** The record of the release that ended last under the id, at or after `since` in milliseconds: releases of one id come one after the other. */
export async function lastRelease(
  { ports }: Pick<Context, 'ports'>,
  id: string,
  model: string,
  since = 0,
): Promise<ReleaseRecord | undefined> {
  const releases = await ports.registry.releases(model);
  return releases.findLast(({ release, endedAt }) => release.startsWith(`${id}/`) && endedAt >= since);
}

/** The open execution `id`. Throws `CommandFailed` with the outcome where it has ended, `WorkflowNotFoundError` where none is known. */
export async function requireOpen(
  context: Pick<Context, 'client' | 'ports'>,
  id: string,
): Promise<WorkflowExecutionDescription> {
  const { client, ports } = context;
  const record = await ports.registry.run(id);
  const found = await client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      // The server forgets in a day; the store does not.
      if (error instanceof WorkflowNotFoundError && record !== null) return null;
      throw error;
    });
  if (found !== null && openStatuses.has(found.status.name)) return found;
  const model = modelOfRelease(id);
  const outcome =
    model === null
      ? found === null || found.type === workflowTypes.retrain
        ? (await endOfRun(client, id, record)).outcome
        : found.status.name.toLowerCase()
      : (await lastRelease(context, id, model, found?.startTime.getTime()))?.result.outcome;
  throw new CommandFailed(
    `"${id}" has ended${outcome === undefined ? '' : ` (${outcome})`}: \`pawl status ${id}\` shows how`,
  );
}
