import { ApplicationFailure } from '@temporalio/workflow';
import { notPromotedType, outcomeWords } from '../contracts/names.ts';
import type { RetrainRequest, RunResult } from '../contracts/run/run.ts';
import { openRun } from './activities.ts';
import { RetrainRun } from './retrain-run.ts';
import { dueTime } from './search-attributes.ts';

/**
 * Takes data to a served model, or stops and says why. A run whose version is not in production fails, so that the Web UI, schedules and
 * alerts show it; retries cannot help.
 */
export async function retrainAndRelease(input: string | RetrainRequest): Promise<RunResult> {
  const result = await new RetrainRun(await openRun(input, dueTime())).toItsEnd();
  const { outcome, reason } = result;
  if (outcome === 'promoted' || outcome === 'measured') return result;
  throw ApplicationFailure.create({
    type: notPromotedType,
    message: `${outcomeWords[outcome]}: ${reason}`,
    nonRetryable: true,
    details: [result],
  });
}
