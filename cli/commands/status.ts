import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Command } from 'commander';
import { workflowTypes } from '../../contracts/names.ts';
import type { ReleaseProgress } from '../../contracts/release/release.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { waitsFor } from '../held-by.ts';
import { roundedPercent, print, table, time } from '../output.ts';
import { releaseProgress, runProgress } from '../workflow-progress.ts';
import { printOne } from './status-one.ts';

export function statusCommand(program: Command): void {
  withJson(program.command('status'))
    .argument('[run]', 'workflow id of a run (default: everything that is under way)')
    .description('what is under way, and what waits for whom')
    .action((run: string | undefined, options: JsonOption) =>
      withTemporal(async (context) => {
        if (run !== undefined) return printOne(context, run, options);
        const rows = await underWay(context.client);
        print(options, rows, () =>
          table(['WHAT', 'ID', 'SINCE (UTC)', 'AT', 'WAITS FOR'], rows.map(rowOf), 'nothing is under way'),
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
      waitingFor: waits(progress) ?? (progress === null ? null : waitsFor(progress)),
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
    : `${progress.phase}${progress.phase === 'canary' ? ` ${roundedPercent(progress.share)}` : ''}${progress.paused ? ', paused' : ''}`;

const rowOf = ({ type, id, since, at, waitingFor }: UnderWay): string[] => [
  type,
  id,
  time(since),
  at ?? '',
  waitingFor ?? '',
];
