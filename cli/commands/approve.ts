import type { Command } from 'commander';
import { firstReason, shownLines } from '../../contracts/shown-text.ts';
import type { Progress } from '../../contracts/run/approval.ts';
import { messages, workflowTypes } from '../../contracts/names.ts';
import { objectionOfComparison } from '../../policy/version-status.ts';
import { withDecision, type DecisionOptions } from '../arguments.ts';
import { withTemporal, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { print, table } from '../output.ts';
import { runProgress } from '../workflow-progress.ts';
import { modelOfRelease, requireOpen } from '../require-open.ts';

interface Options extends DecisionOptions {
  evidence?: string;
}

export function approveCommands(program: Command): void {
  for (const verb of [messages.approve, messages.reject] as const)
    withDecision(program.command(verb))
      .argument('<run>', 'workflow id of a run that waits')
      .description(
        verb === 'approve' ? 'let a run that waits go on to its release' : 'end a run that waits, without a release',
      )
      .option('--evidence <digest>', 'what was seen (default: what the run shows now, printed first)')
      .action((run: string, options: Options) => withTemporal((context) => decide(context, verb, run, options)));
}

async function decide(context: Context, verb: 'approve' | 'reject', run: string, options: Options): Promise<void> {
  const { client } = context;
  const { by, reason, json } = options;
  await requireRun(context, run);
  if (verb === 'approve') await checkComparison(context, run);
  const evidence = options.evidence ?? (await shownEvidence(client, run, json === true));
  const answer = await client.workflow
    .getHandle(run)
    .executeUpdate<string, [unknown]>(verb, { args: [{ by, reason, evidence }] });
  print(
    options,
    { run, decision: verb === 'approve' ? 'approved' : 'rejected', by, reason, evidence },
    () => `${run}: ${answer}`,
  );
}

/** An open run: a release, which is steered by other commands, has no evidence to approve. */
async function requireRun(context: Context, id: string): Promise<void> {
  const { type } = await requireOpen(context, id);
  if (type === workflowTypes.retrain) return;
  const model = modelOfRelease(id);
  throw new CommandFailed(
    model === null
      ? `"${id}" is not a run: \`pawl status\` shows what waits for whom`
      : `"${id}" is a release: \`pawl resume ${model}\`, \`promote\` or \`abort\` decides on it`,
  );
}

/** The release of what was compared with another champion would be refused: its approver is told now. */
async function checkComparison({ client, ports: { registry } }: Context, run: string): Promise<void> {
  const progress = await runProgress(client, run);
  if (progress === null || progress.version === null || progress.evidence === null) return;
  const { model } = progress;
  const version = await registry.version(model, progress.version);
  const objection = objectionOfComparison(version, { deployments: await registry.deploymentHistory(model) });
  if (objection !== null)
    throw new CommandFailed(
      `${objection}. It can be released all the same by \`pawl release ${model}@${version.version} --force --reason <why>\`; \`pawl reject ${run}\` ends this run`,
    );
}

/** Prints what is decided on, and returns its digest. */
async function shownEvidence(client: Context['client'], run: string, quiet: boolean): Promise<string> {
  const progress = await runProgress(client, run);
  if (progress === null) throw new CommandFailed(`"${run}" does not answer: is a worker up? \`pawl doctor\` tells`);
  if (progress.evidence === null)
    throw new CommandFailed(
      `"${run}" awaits no approval: it is at "${progress.stage}". \`pawl status\` shows what waits for whom`,
    );
  if (!quiet) process.stdout.write(`${shownLines(subject(progress))}\n\n`);
  return progress.evidence;
}

const subject = ({ model, version, evidence, stages }: Progress): string =>
  [
    `version ${version} of ${model}, evidence ${evidence}`,
    table(
      ['GATE', 'VERDICT', 'REASON'],
      stages.map(({ stage, status, reasons }) => [stage, status, firstReason(reasons)]),
    ),
  ].join('\n');
