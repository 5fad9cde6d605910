import { QueryNotRegisteredError, QueryRejectedError, type Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { z } from 'zod';
import type { Progress } from '../contracts/run/approval.ts';
import { messages, releaseWorkflowId } from '../contracts/names.ts';
import type { ReleaseProgress } from '../contracts/release/release.ts';

const queryMs = 5_000;

/**
 * Answer of the query `progress`. Null before the first task of the execution, and where no worker answers
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

const heartbeatSchema = z.object({ done: z.number(), total: z.number().positive().nullable(), unit: z.string() });

/** How far the stage that a run is at has come, in words; null where it tells nothing. */
export async function stageProgress(client: Client, run: string): Promise<string | null> {
  const { raw } = await client.workflow.getHandle(run).describe();
  for (const { heartbeatDetails } of raw.pendingActivities ?? []) {
    const payload = heartbeatDetails?.payloads?.[0];
    if (payload === undefined) continue;
    const { success, data } = heartbeatSchema.safeParse(defaultPayloadConverter.fromPayload(payload));
    if (!success) continue;
    if (data.total === null) return `${data.done} ${data.unit}`;
    // A line for each tenth of the way is enough to see that it goes on.
    const tenths = Math.floor((10 * data.done) / data.total);
    return data.unit === '%'
      ? `${tenths * 10} %`
      : `${Math.round((tenths * data.total) / 10)} of ${data.total} ${data.unit}`;
  }
  return null;
}

/** Codes of gRPC: a deadline that passed, and a query that no worker took. */
const transient = new Set([4, 9, 14]);

function isTimeoutOfQuery(error: unknown): boolean {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code } = cause as { code?: unknown };
  return typeof code === 'number' && transient.has(code);
}
