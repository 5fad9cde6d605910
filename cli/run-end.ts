import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { TerminatedFailure } from '@temporalio/common';
import type { Outcome } from '../contracts/names.ts';
import { resultOfRun, type RunRecord } from '../contracts/run/run.ts';
import { answers, type Context } from './context.ts';
import { explain } from './errors.ts';

/** `open`: it is under way. `unknown`: it never closed, and no server knows of it. */
export type RunState = Outcome | 'open' | 'terminated' | 'timedOut' | 'unknown';

/** How a run ended, or that it is under way. */
export interface RunEnd {
  readonly outcome: RunState;
  readonly version: number | null;
  readonly reason: string;
}

/** The client of this project's server; null where none answers. */
export const clientOf = async ({ config, ports }: Context): Promise<Client | null> =>
  config.address !== null && (await answers(config.address)) ? ports.client : null;

/**
 * How a run ended, by what the store says; where the run could not close its record itself (it was terminated, timed out, or its workers
 * are gone), by what the server says.
 */
export async function endOfRun(client: Client | null, run: string, record: RunRecord | null): Promise<RunEnd> {
  if (record?.result) {
    const { outcome, version, reason } = record.result;
    return { outcome, version, reason };
  }
  if (client === null)
    return { outcome: 'unknown', version: null, reason: 'it did not close its record, and no server answers' };
  return endByServer(client, run);
}

/** States of an execution that goes on. */
export const openStatuses: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED', 'CONTINUED_AS_NEW']);

async function endByServer(client: Client, run: string): Promise<RunEnd> {
  const handle = client.workflow.getHandle(run);
  const ended = (outcome: RunState, reason: string): RunEnd => ({ outcome, version: null, reason });
  try {
    const { status } = await handle.describe();
    if (openStatuses.has(status.name)) return ended('open', '');
    if (status.name === 'TIMED_OUT')
      return ended('timedOut', 'its execution exceeded its time-out on the Temporal server');
    if (status.name === 'CANCELLED') return ended('cancelled', 'it was cancelled before it could close its record');
    const { outcome, version, reason } = await resultOfRun(handle);
    return { outcome, version, reason };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      return ended('unknown', 'it did not close its record, and the server has forgotten it');
    if (!(error instanceof WorkflowFailedError)) throw error;
    const terminated = error.cause instanceof TerminatedFailure;
    return ended(terminated ? 'terminated' : 'failed', terminated ? error.cause.message : await explain(error));
  }
}
