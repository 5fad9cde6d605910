import { ActivityFailure, ApplicationFailure, RetryState } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { explain } from '../../cli/errors.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { activityErrors } from '../../workers/activity-errors.ts';

/** What a terminal gets of an error that an activity threw. */
async function atTheTerminal(error: Error): Promise<string> {
  const fails = async (): Promise<unknown> => {
    throw error;
  };
  let failure: unknown = null;
  try {
    await activityErrors.execute?.({ args: [], headers: {} }, fails);
  } catch (caught) {
    failure = caught;
  }
  const activity = new ActivityFailure(
    'Activity task failed',
    'snapshotDataset',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'me',
    failure as Error,
  );
  return explain(new WorkflowFailedError('Workflow execution failed', activity, RetryState.NON_RETRYABLE_FAILURE));
}

test('what a worker knew reaches the terminal, with its cause', async () => {
  const cause = new Error("ENOENT: no such file or directory, stat '/data/x.csv'");
  const message = 'the source x.csv cannot be read: name a file that every pipeline worker can read';
  expect(await atTheTerminal(new PawlError(errorTypes.invalidRequest, message, {}, { cause }))).toBe(
    `${message}\n  because: ${cause.message}`,
  );
});

test('a cause that the message quotes is not said twice', async () => {
  const cause = new Error('disk on fire');
  expect(await atTheTerminal(new PawlError(errorTypes.invalidData, 'data.csv: disk on fire', {}, { cause }))).toBe(
    'data.csv: disk on fire',
  );
});

test('a schema error is told in words', async () => {
  const { error } = z
    .object({ training: z.object({ loss: z.number() }) })
    .safeParse({ training: { loss: Number.NaN } });
  expect(await atTheTerminal(error!)).toMatch(
    /^a stage got a result that cannot be: training\.loss is NaN, where a number is wanted\./,
  );
});

test('other failures keep what they say', async () => {
  expect(await atTheTerminal(ApplicationFailure.nonRetryable('no such thing'))).toBe('no such thing');
});
