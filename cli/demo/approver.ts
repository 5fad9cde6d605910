import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../../contracts/approval.ts';
import { messages } from '../../contracts/names.ts';
import type { Printer } from './printer.ts';

/** Answers a run that waits: asks the person at the terminal, or approves as `demo` where there is none. Both use the public update. */
export async function answer(
  handle: WorkflowHandle,
  progress: Progress,
  printer: Printer,
  ask: boolean,
): Promise<void> {
  const { evidence } = progress;
  const given = ask
    ? await askPerson(progress, printer)
    : { approve: true, by: 'demo', reason: 'the demo approves what passed its gates' };
  const name = given.approve ? messages.approve : messages.reject;
  await handle.executeUpdate<string, [unknown]>(name, { args: [{ by: given.by, reason: given.reason, evidence }] });
  printer.event(
    `${'approval'.padEnd(10)} ${given.approve ? 'approved' : 'rejected'} by ${given.by}, evidence ${evidence?.slice(0, 19)}...`,
  );
}

async function askPerson(
  progress: Progress,
  printer: Printer,
): Promise<{ approve: boolean; by: string; reason: string }> {
  printer.event(`version ${progress.version} of ${progress.model} waits for your approval`);
  printer.table(
    progress.stages.map(({ stage, status, reasons }) => [stage, status, reasons[0] ?? '']),
    '        ',
  );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const reply = await terminal.question('        Approve? [Y/n] ');
    const approve = !/^n/i.test(reply.trim());
    return {
      approve,
      by: userInfo().username,
      reason: approve ? 'approved at the terminal' : 'rejected at the terminal',
    };
  } finally {
    terminal.close();
  }
}
