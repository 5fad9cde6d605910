import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { releaseWorkflowId, searchAttributes, workflowTypes } from '../../contracts/names.ts';
import type { JsonOption } from '../arguments.ts';
import type { Context } from '../context.ts';
import { explain } from '../errors.ts';
import { fields, roundedPercent, print, table, time } from '../output.ts';
import { releaseProgress, runProgress } from '../workflow-progress.ts';
import { lastRelease, modelOfRelease } from '../require-open.ts';
import { endOfRun, type RunEnd } from '../run-end.ts';
import { firstReason } from '../../contracts/shown-text.ts';

type Pairs = [string, string][];

/** Shows one execution of ours: a run, a release, or another. */
export async function printOne(context: Context, id: string, options: JsonOption): Promise<void> {
  const record = await context.ports.registry.run(id);
  const found = await context.client.workflow
    .getHandle(id)
    .describe()
    .catch((error: unknown) => {
      // The server forgets in a day; the store does not.
      if (error instanceof WorkflowNotFoundError && (record !== null || modelOfRelease(id) !== null)) return null;
      throw error;
    });
  const type = found?.type ?? (record === null ? workflowTypes.release : workflowTypes.retrain);
  if (type === workflowTypes.retrain) return printRun(context, id, found, options);
  if (type === workflowTypes.release) return printRelease(context, id, found, options);
  return printOther(context, id, found, options);
}

type Found = WorkflowExecutionDescription | null;

const times = (found: Found, record?: { startedAt: string; endedAt: string | null }) => ({
  startedAt: found?.startTime.toISOString() ?? record?.startedAt ?? null,
  endedAt: found?.closeTime?.toISOString() ?? record?.endedAt ?? null,
});

async function printRun({ client, ports }: Context, run: string, found: Found, options: JsonOption): Promise<void> {
  const record = await ports.registry.run(run);
  const status = found?.status.name ?? 'UNKNOWN';
  const progress = status === 'RUNNING' ? await runProgress(client, run) : null;
  const ended = await endOfRun(client, run, record);
  const when = times(found, record === null ? undefined : { startedAt: record.run.startedAt, endedAt: record.endedAt });
  const result = record?.result ?? null;
  const release = record?.release ?? null;
  print(options, { run, status, ...when, progress, ended, result, release }, () => {
    const stages = progress?.stages ?? result?.verdicts ?? [];
    const model = progress?.model ?? record?.run.model ?? modelOf(found);
    const pairs: Pairs = [['run', run], ['model', model], ...statePairs(ended, when)];
    if (progress !== null) pairs.push(['stage', progress.stage]);
    if (progress?.stage === 'release') pairs.push(['release', `\`pawl status ${releaseWorkflowId(model)}\` shows it`]);
    if (progress?.waitingFor) pairs.push(['waits for', progress.waitingFor]);
    if (progress?.evidence) pairs.push(['evidence', progress.evidence]);
    for (const ignored of progress?.ignored ?? []) pairs.push(['ignored', ignored]);
    const rows = stages.map(({ stage, status, reasons, from }) => [
      stage,
      from === undefined ? status : `${status}, by run ${from}`,
      firstReason(reasons),
    ]);
    return fields(pairs) + (rows.length === 0 ? '' : `\n\n${table(['GATE', 'VERDICT', 'REASON'], rows)}`);
  });
}

/** By what `pawl audit` shows too: how a judged run ended is not what Temporal calls it. */
function statePairs(
  { outcome, version, reason }: RunEnd,
  { startedAt, endedAt }: { startedAt: string | null; endedAt: string | null },
): Pairs {
  const pairs: Pairs = [['state', outcome === 'open' ? 'under way' : 'ended']];
  pairs.push(['started (UTC)', time(startedAt)]);
  if (endedAt !== null) pairs.push(['ended (UTC)', time(endedAt)]);
  if (outcome !== 'open')
    pairs.push(['outcome', outcome], ['version', version === null ? 'none' : String(version)], ['reason', reason]);
  return pairs;
}

async function printRelease({ client, ports }: Context, id: string, found: Found, options: JsonOption): Promise<void> {
  const model = modelOfRelease(id) ?? modelOf(found);
  const running = found?.status.name === 'RUNNING';
  const progress = running ? await releaseProgress(client, model).catch(() => null) : null;
  const since = found?.startTime.getTime() ?? 0;
  const last = running ? undefined : await lastRelease({ ports }, id, model, since);
  const result = last?.result ?? null;
  const failure = found !== null && result === null && !running ? await failureOf(client, id) : null;
  const status = found?.status.name ?? 'UNKNOWN';
  const version = progress?.version ?? result?.version ?? versionOf(found);
  const when = times(
    found,
    last === undefined
      ? undefined
      : { startedAt: new Date(last.startedAt).toISOString(), endedAt: new Date(last.endedAt).toISOString() },
  );
  print(options, { release: id, model, version, status, ...when, progress, result, failure }, () => {
    const pairs: Pairs = [
      ['release', id],
      ['model', model],
      ['version', version === null ? 'unknown' : String(version)],
      ['state', running ? 'under way' : 'ended'],
      ['started (UTC)', time(when.startedAt)],
    ];
    if (when.endedAt !== null) pairs.push(['ended (UTC)', time(when.endedAt)]);
    if (progress !== null) {
      pairs.push(['phase', `${progress.phase}${progress.paused ? ', paused' : ''}`]);
      pairs.push(['traffic', roundedPercent(progress.share)], ['analyses', String(progress.analyses)]);
      if (progress.waitingFor !== null) pairs.push(['waits for', progress.waitingFor]);
      for (const reason of progress.lastAnalysis?.reasons ?? []) pairs.push(['last analysis', reason]);
      for (const command of progress.commands) pairs.push(['command', command]);
    }
    if (result !== null) pairs.push(['outcome', result.outcome], ['reason', result.reason]);
    if (failure !== null) pairs.push(['failure', failure]);
    return fields(pairs);
  });
}

async function printOther({ client }: Context, id: string, found: Found, options: JsonOption): Promise<void> {
  const status = found?.status.name ?? 'UNKNOWN';
  const failure = status === 'RUNNING' || status === 'COMPLETED' ? null : await failureOf(client, id);
  const model = modelOf(found);
  const when = times(found);
  print(options, { id, type: found?.type ?? null, model, status, ...when, failure }, () =>
    fields([
      [found?.type ?? 'execution', id],
      ['model', model],
      ['state', status === 'RUNNING' ? 'under way' : 'ended'],
      ['started (UTC)', time(when.startedAt)],
      ...(when.endedAt === null ? [] : [['ended (UTC)', time(when.endedAt)] as [string, string]]),
      ...(failure === null ? [] : [['failure', failure] as [string, string]]),
    ]),
  );
}

const failureOf = (client: Context['client'], id: string): Promise<string | null> =>
  client.workflow
    .getHandle(id)
    .result()
    .then(() => null, explain);

/** What the execution marked itself with; empty where it did not come so far. */
const modelOf = (found: Found): string => {
  const [model] = (found?.searchAttributes[searchAttributes.model] as unknown[] | undefined) ?? [];
  return typeof model === 'string' ? model : '';
};

const versionOf = (found: Found): number | null => {
  const [version] = (found?.searchAttributes[searchAttributes.version] as unknown[] | undefined) ?? [];
  return typeof version === 'number' ? version : null;
};
