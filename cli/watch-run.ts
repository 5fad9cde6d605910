import { setTimeout as delay } from 'node:timers/promises';
import { shownLines } from '../contracts/shown-text.ts';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../contracts/run/approval.ts';
import { resultOfRun, type RunResult } from '../contracts/run/run.ts';
import { heldBy, holdKey, LastingHolds } from './held-by.ts';
import { print } from './output.ts';
import { releaseProgress, runProgress, stageProgress } from './workflow-progress.ts';

const pollMs = 1_000;

/** Prints the id of a started run, or follows it to its end. Returns the exit code: 0 where it was promoted or not followed. */
export async function reportRun(
  client: Client,
  handle: WorkflowHandle,
  options: { json?: boolean; watch?: boolean },
): Promise<number> {
  const run = handle.workflowId;
  if (options.watch !== true) {
    print(options, { run }, () => `started ${run}\n\`pawl status ${run}\` shows it; \`pawl cancel ${run}\` ends it`);
    return 0;
  }
  const tell =
    options.json === true
      ? () => undefined
      : (text: string): void => void process.stdout.write(`${shownLines(text)}\n`);
  tell(`started ${run}`);
  const result = await follow(client, handle, tell);
  const { outcome, version, reason } = result;
  print(options, { run, ...result }, () =>
    [
      `${outcome}${version === null ? '' : ` version ${version}`}: ${reason}`,
      `\`pawl report ${run}\` writes its report`,
    ].join('\n'),
  );
  return outcome === 'promoted' ? 0 : 1;
}

async function follow(client: Client, handle: WorkflowHandle, tell: (text: string) => void): Promise<RunResult> {
  const ended = { yet: false };
  const result = resultOfRun(handle).finally(() => (ended.yet = true));
  // It is awaited below; until then a failure must not count as unhandled.
  result.catch(() => undefined);
  const told = new Set<string>();
  const holds = new LastingHolds();
  const tellOnce = (text: string, key = text): void => {
    if (told.has(key)) return;
    told.add(key);
    tell(text);
  };
  for (;;) {
    const progress = await runProgress(client, handle.workflowId);
    if (progress !== null) await tellProgress(client, progress, { tell: tellOnce, holds });
    if (ended.yet) return result;
    await Promise.race([delay(pollMs), result.catch(() => undefined)]);
  }
}

/** Nothing that the work depends on has changed since. */
const reusedFrom = (run: string | undefined): string =>
  run === undefined ? '' : ` (by run ${run}; nothing changed since)`;

async function tellProgress(
  client: Client,
  progress: Progress,
  { tell, holds }: { tell: (text: string, key?: string) => void; holds: LastingHolds },
): Promise<void> {
  if (progress.trainedBy !== null) tell(`${'train'.padEnd(10)} reused${reusedFrom(progress.trainedBy)}`);
  if (progress.trainingNote !== null) tell(`${'train'.padEnd(10)} ${progress.trainingNote}`);
  for (const { stage, status, reasons, numbers = [], from } of progress.stages)
    tell(
      [
        `${stage.padEnd(10)} ${status}${reusedFrom(from)}`,
        ...[...reasons, ...numbers].map((line) => `             ${line}`),
      ].join('\n'),
    );
  tell(`${progress.stage.padEnd(10)} ...`);
  if (progress.told !== null) tell(progress.told);
  const within = await stageProgress(client, progress.run).catch(() => null);
  if (within !== null) tell(`${progress.stage.padEnd(10)} ... ${within}`);
  if (progress.waitingFor !== null) tell(`           waits for ${progress.waitingFor}`);
  if (progress.stage !== 'release') return;
  // The release may have ended between the two questions.
  const release = await releaseProgress(client, progress.model).catch(() => null);
  if (release === null) return;
  const phase = `release    version ${release.version}: ${release.phase}`;
  tell(`${phase}, ${Math.round(release.share * 100)} % of traffic`);
  const held = heldBy(release);
  if (held !== null && holds.isOld(`${phase} ${held}`, release.lastAnalysis?.at ?? 0))
    tell(`${phase} waits for evidence: ${held}`, holdKey(`${phase} ${held}`));
}
