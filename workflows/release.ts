import { ApplicationFailure } from '@temporalio/workflow';
import { outcomeWords, rolledBackType } from '../contracts/names.ts';
import type { ReleaseRequest, ReleaseResult } from '../contracts/release/release.ts';
import { obeyCommands } from './release-commands.ts';
import { neverBegan, takeRelease } from './release-opening.ts';
import { ReleaseRun, type Position } from './release-run.ts';
import { ReleaseSession } from './release-session.ts';

/**
 * Shadow, canary steps, promotion, bake: one release of a model at a time, and always a way back. A release that was rolled back fails, so
 * that the Web UI and alerts show it; retries cannot help.
 */
export async function release(request: ReleaseRequest, position?: Position): Promise<ReleaseResult> {
  const session = new ReleaseSession(request, position);
  obeyCommands(session);
  const taken = position ?? (await takeRelease(request, session));
  const result =
    taken === null ? neverBegan(request, session) : await new ReleaseRun(request, session, taken, position).run();
  if (result.outcome !== 'rolledBack') return result;
  throw ApplicationFailure.create({
    type: rolledBackType,
    message: `${outcomeWords.rolledBack}: ${result.reason}`,
    nonRetryable: true,
    details: [result],
  });
}
