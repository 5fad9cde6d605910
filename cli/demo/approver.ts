import { userInfo } from 'node:os';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../../contracts/run/approval.ts';
import { messages } from '../../contracts/names.ts';
import type { Status } from '../../contracts/verdict.ts';
import type { Printer } from './printer.ts';
import { askYesNo } from './question.ts';
import { firstReason } from '../../contracts/shown-text.ts';

/**
 * Answers a run that waits: asks the person at the terminal, or approves as `demo` where there is none. Both use the public
 * update. `decided` ends the question when somebody decides elsewhere.
 */
export async function answer(
  handle: WorkflowHandle,
  progress: Progress,
  printer: Printer,
  ask: boolean,
  decided: AbortSignal,
): Promise<void> {
  const { evidence } = progress;
  const given = ask
    ? await askPerson(progress, printer, decided)
    : { approve: true, by: 'demo', reason: reasonOfDemo(progress) };
  if (given === null) {
    printer.event(`${'approval'.padEnd(10)} decided elsewhere`);
    return;
  }
  const name = given.approve ? messages.approve : messages.reject;
  try {
    await handle.executeUpdate<string, [unknown]>(name, { args: [{ by: given.by, reason: given.reason, evidence }] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    printer.event(`${'approval'.padEnd(10)} refused: ${error.cause?.message ?? error.message}`);
    return;
  }
  printer.event(
    `${'approval'.padEnd(10)} ${given.approve ? 'approved' : 'rejected'} by ${given.by}, evidence ${evidence?.slice(0, 19)}...`,
  );
}

function reasonOfDemo({ stages }: Progress): string {
  const unsure = stages.filter(({ status }) => status === 'inconclusive').map(({ stage }) => stage);
  return unsure.length === 0
    ? 'the demo approves what passed its gates'
    : `the demo approves, though ${unsure.join(' and ')} could not be judged`;
}

/** Null when somebody decided elsewhere meanwhile. */
async function askPerson(
  progress: Progress,
  printer: Printer,
  decided: AbortSignal,
): Promise<{ approve: boolean; by: string; reason: string } | null> {
  printer.event(`version ${progress.version} of ${progress.model} waits for your approval`);
  printer.table(
    progress.stages.map(({ stage, status, reasons }) => [
      stage,
      printer.status(status as Status),
      firstReason(reasons),
    ]),
    '        ',
  );
  const approve = await askYesNo({
    text: '        Approve?',
    // Nothing inconclusive passes by itself: a person must say so.
    byDefault: progress.stages.some(({ status }) => status === 'inconclusive') ? null : true,
    input: process.stdin,
    output: process.stdout,
    decided,
  });
  if (approve === null) {
    printer.line('');
    return null;
  }
  return {
    approve,
    by: userInfo().username,
    reason: approve ? 'approved at the terminal' : 'rejected at the terminal',
  };
}
