import { QueryNotRegisteredError, QueryRejectedError, type Client } from '@temporalio/client';
import type { Progress } from '../contracts/approval.ts';
import { messages, releaseWorkflowId } from '../contracts/names.ts';
import type { ReleaseProgress } from '../contracts/release.ts';

const queryMs = 5_000;

/**
 * Answer of the query `progress`. Null while the execution has not come to its first task, and where no worker answers
 * in time: the execution may be all right.
 */
async function progressOf<T>(client: Client, workflowId: string): Promise<T | null> {
  try {
    return await client.connection.withDeadline(Date.now() + queryMs, () =>
      client.workflow.getHandle(workflowId).query<T>(messages.progress),
    );
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError) return null;
    if (isTimeoutOfQuery(error)) return null;
    throw error;
  }
}

export const runProgress = (client: Client, run: string): Promise<Progress | null> => progressOf(client, run);
export const releaseProgress = (client: Client, model: string): Promise<ReleaseProgress | null> =>
  progressOf(client, releaseWorkflowId(model));

/** Codes of gRPC: a deadline that passed, and a query that no worker took. */
const transient = new Set([4, 9, 14]);

function isTimeoutOfQuery(error: unknown): boolean {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as { code?: unknown };
  return typeof code === 'number' && transient.has(code);
}
