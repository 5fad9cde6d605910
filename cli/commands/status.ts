import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import type { Progress } from '../../contracts/approval.ts';
import { workflowTypes } from '../../contracts/names.ts';
import type { ReleaseProgress } from '../../contracts/release.ts';
import type { RunRecord } from '../../contracts/run.ts';
import type { OpenedPorts } from '../../ports/open-ports.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { explain } from '../errors.ts';
import { fields, percent, print, table, time } from '../output.ts';
import { releaseProgress, runProgress } from '../progress.ts';

export function statusCommand(program: Command): void {
  withJson(program.command('status'))
    .argument('[run]', 'workflow id of a run (default: everything that is under way)')
    .description('what is under way, and what waits for whom')
    .action((run: string | undefined, options: JsonOption) =>
      withTemporal(async ({ client, ports }) => {
        if (run !== undefined) return printRun(client, ports, run, options);
        const rows = await underWay(client);
        print(options, rows, () =>
          table(['WHAT', 'ID', 'SINCE', 'AT', 'WAITS FOR'], rows.map(rowOf), 'nothing is under way'),
        );
      }),
    );
}

interface UnderWay {
  type: string;
  id: string;
  since: string;
  /** Stage of a run, phase of a release. */
  at: string | null;
  model: string | null;
  version: number | null;
  waitingFor: string | null;
}

const ours = Object.values(workflowTypes)
  .map((type) => `"${type}"`)
  .join(', ');

async function underWay(client: Client): Promise<UnderWay[]> {
  const executions: WorkflowExecutionInfo[] = [];
  const query = `ExecutionStatus = "Running" and WorkflowType in (${ours})`;
  for await (const execution of client.workflow.list({ query })) executions.push(execution);
  return Promise.all(executions.map((execution) => describe(client, execution)));
}

async function describe(client: Client, { type, workflowId, startTime }: WorkflowExecutionInfo): Promise<UnderWay> {
  const common = { type, id: workflowId, since: startTime.toISOString() };
  if (type === workflowTypes.retrain) {
    const progress = await runProgress(client, workflowId).catch(unknown);
    return {
      ...common,
      at: progress?.stage ?? null,
      model: progress?.model ?? null,
      version: progress?.version ?? null,
      waitingFor: waits(progress),
    };
  }
  if (type === workflowTypes.release) {
    const progress = await releaseProgress(client, workflowId.replace(/^release\//, '')).catch(unknown);
    return {
      ...common,
      at: phaseOf(progress),
      model: progress?.model ?? null,
      version: progress?.version ?? null,
      waitingFor: waits(progress),
    };
  }
  return { ...common, at: null, model: null, version: null, waitingFor: null };
}

/** It ended while we asked. */
const unknown = (): null => null;

const waits = (progress: { waitingFor: string | null } | null): string | null =>
  progress === null ? 'a worker that answers' : progress.waitingFor;

const phaseOf = (progress: ReleaseProgress | null): string | null =>
  progress === null
    ? null
    : `${progress.phase}${progress.phase === 'canary' ? ` ${percent(progress.share)}` : ''}${progress.paused ? ', paused' : ''}`;

const rowOf = ({ type, id, since, at, waitingFor }: UnderWay): string[] => [
  type,
  id,
  time(since),
  at ?? '',
  waitingFor ?? '',
];

async function printRun(client: Client, ports: OpenedPorts, run: string, options: JsonOption): Promise<void> {
  const record = await ports.registry.run(run);
  const { status, startTime, closeTime } = await client.workflow
    .getHandle(run)
    .describe()
    .catch((error: unknown) => {
      // The server forgets in a day; the store does not.
      if (record !== null)
        return {
          status: { name: record.endedAt === null ? 'UNKNOWN' : 'COMPLETED' },
          startTime: null,
          closeTime: null,
        };
      throw error;
    });
  const progress = status.name === 'RUNNING' ? await runProgress(client, run) : null;
  const failure =
    status.name === 'FAILED'
      ? await client.workflow
          .getHandle(run)
          .result()
          .then(() => null, explain)
      : null;
  const value = {
    run,
    status: status.name,
    startedAt: startTime?.toISOString() ?? record?.run.startedAt ?? null,
    endedAt: closeTime?.toISOString() ?? record?.endedAt ?? null,
    progress,
    result: record?.result ?? null,
    release: record?.release ?? null,
    failure,
  };
  print(options, value, () => describeRun(value, record));
}

function describeRun(
  value: {
    run: string;
    status: string;
    startedAt: string | null;
    endedAt: string | null;
    progress: Progress | null;
    failure: string | null;
  },
  record: RunRecord | null,
): string {
  const { progress, failure } = value;
  const result = record?.result ?? null;
  const stages = progress?.stages ?? result?.verdicts ?? [];
  const pairs: [string, string][] = [
    ['run', value.run],
    ['model', progress?.model ?? record?.run.model ?? ''],
    ['status', value.status.toLowerCase()],
    ['started', time(value.startedAt)],
  ];
  if (value.endedAt !== null) pairs.push(['ended', time(value.endedAt)]);
  if (progress !== null) pairs.push(['stage', progress.stage]);
  if (progress?.waitingFor) pairs.push(['waits for', progress.waitingFor]);
  if (progress?.evidence) pairs.push(['evidence', progress.evidence]);
  if (result !== null)
    pairs.push(['outcome', result.outcome], ['version', String(result.version ?? 'none')], ['reason', result.reason]);
  if (failure !== null) pairs.push(['failure', failure]);
  for (const ignored of progress?.ignored ?? []) pairs.push(['ignored', ignored]);
  const verdicts =
    stages.length === 0
      ? ''
      : `\n\n${table(
          ['GATE', 'VERDICT', 'REASON'],
          stages.map(({ stage, status, reasons }) => [stage, status, reasons[0] ?? '']),
        )}`;
  return fields(pairs) + verdicts;
}
