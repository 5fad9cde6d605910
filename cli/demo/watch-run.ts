import { setTimeout as delay } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Progress } from '../../contracts/run/approval.ts';
import { messages, releaseWorkflowId, workflowTypes } from '../../contracts/names.ts';
import type { ReleaseProgress } from '../../contracts/release/release.ts';
import { resultOfRun, type RunResult } from '../../contracts/run/run.ts';
import type { Status } from '../../contracts/verdict.ts';
import type { Chapter } from './story.ts';
import type { Printer } from './printer.ts';

const pollMs = 500;

/** Starts the run of a chapter, or finds the one that an interrupted demo left. */
export async function startChapter(client: Client, chapter: Chapter, taskQueue: string): Promise<WorkflowHandle> {
  try {
    return await client.workflow.start(workflowTypes.retrain, {
      workflowId: chapter.id,
      taskQueue,
      args: [chapter.request],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      staticSummary: chapter.title,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return client.workflow.getHandle(chapter.id);
    throw error;
  }
}

/** Follows a run to its end and tells what happens; asks `approve` when the run waits for a person. */
export async function watchRun(
  client: Client,
  handle: WorkflowHandle,
  printer: Printer,
  approve: (progress: Progress, decided: AbortSignal) => Promise<void>,
): Promise<RunResult> {
  const told = new Set<string>();
  const decided = new AbortController();
  let asking: Promise<void> | null = null;
  const run = { finished: false };
  const result = resultOfRun(handle).finally(() => (run.finished = true));
  // The watcher below must not leave a failed run unhandled while it polls.
  result.catch(() => undefined);
  while (!run.finished) {
    const progress = await query<Progress>(handle);
    if (progress !== null) {
      tellStages(progress, told, printer);
      if (progress.stage === 'release') tellRelease(await releaseProgress(client, progress), told, printer);
      if (progress.evidence !== null) asking ??= approve(progress, decided.signal);
      else if (asking !== null) decided.abort();
    }
    await Promise.race([delay(pollMs), result.catch(() => undefined)]);
  }
  decided.abort();
  await asking;
  const outcome = await result;
  const last = await query<Progress>(handle);
  if (last !== null) tellStages(last, told, printer);
  return outcome;
}

async function query<T>(handle: WorkflowHandle): Promise<T | null> {
  // Before the first workflow task there is no handler yet, and a killed server may be coming back.
  return handle.query<T>(messages.progress).catch(() => null);
}

const releaseProgress = (client: Client, { model }: Progress): Promise<ReleaseProgress | null> =>
  query<ReleaseProgress>(client.workflow.getHandle(releaseWorkflowId(model)));

function tellStages(progress: Progress, told: Set<string>, printer: Printer): void {
  for (const { stage, status, reasons } of progress.stages) {
    if (!first(told, `gate ${stage}`)) continue;
    printer.event(`${stage.padEnd(10)} ${printer.status(status as Status)}`);
    for (const reason of reasons.slice(0, status === 'pass' ? 1 : 4)) printer.aside(reason);
  }
  if (['snapshot', 'train', 'register'].includes(progress.stage) && first(told, `stage ${progress.stage}`))
    printer.event(`${progress.stage.padEnd(10)} ...`);
}

function tellRelease(progress: ReleaseProgress | null, told: Set<string>, printer: Printer): void {
  if (progress === null) return;
  const { version, phase, share, lastAnalysis } = progress;
  if (first(told, `release ${version} ${phase} ${share}`))
    printer.event(
      `${'release'.padEnd(10)} version ${version}: ${phase}${phase === 'canary' ? ` with ${Math.round(share * 100)} % of traffic` : ''}`,
    );
  if (lastAnalysis?.decision === 'rollback' && first(told, `rollback ${version}`)) {
    printer.event(`${'release'.padEnd(10)} version ${version}: ${printer.paint('red', 'rolled back')}`);
    for (const reason of lastAnalysis.reasons.slice(0, 1)) printer.aside(reason);
  }
}

function first(told: Set<string>, what: string): boolean {
  if (told.has(what)) return false;
  told.add(what);
  return true;
}
