import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import { Option, type Command } from 'commander';
import { howToForce, releaseObjection } from '../../activities/release/support/release-objection.ts';
import { messages, releaseWorkflowId, workflowTypes } from '../../contracts/names.ts';
import { longestReason } from '../../contracts/people.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { resultOfRelease, type ReleaseResult } from '../../contracts/release/release.ts';
import { currentUser, modelAtVersion, who, why, withJson, type JsonOption } from '../arguments.ts';
import { withTemporal, type Context } from '../context.ts';
import { definitionOf } from '../definition-of.ts';
import { CommandFailed, explain, UsageError } from '../errors.ts';
import { requireNamespace } from '../namespace.ts';
import { requireModel } from '../known-models.ts';
import { print } from '../output.ts';
import type { SetExitCode } from '../exit-code.ts';
import { releaseLogCommand } from './release-log.ts';
import { releasePlanCommand } from './release-plan.ts';

type Busy = ReleasePolicy['busy'];

interface Options extends JsonOption {
  by: string;
  reason?: string;
  watch?: boolean;
  hotfix?: boolean;
  force?: boolean;
  busy?: Busy;
}

export function releaseCommand(program: Command, setExitCode: SetExitCode): void {
  // An option belongs to the command before it: both `release` and its `plan` have --json.
  program.enablePositionalOptions();
  const command = withJson(program.command('release')).enablePositionalOptions();
  releasePlanCommand(command);
  releaseLogCommand(command);
  command
    .argument('<model@version>', 'a registered version, such as employment@2', modelAtVersion)
    .description('release a registered version: shadow, canary, bake')
    .addOption(new Option('--by <who>', 'who asks').argParser(who).default(currentUser(), 'your user name'))
    .option('--reason <why>', 'why; it is recorded (default: released by hand)', why)
    .option('--force', 'though it was not approved, or was rolled back; needs --reason, and is kept with its traffic')
    .option('--hotfix', 'the champion is broken: no shadow, and absolute limits instead of a comparison')
    .addOption(
      new Option('--busy <what>', "what to do about a release that is under way (default: the policy's)").choices([
        'wait',
        'replace',
        'refuse',
      ]),
    )
    .option('--watch', 'wait for its end; exit code 1 unless the version was promoted')
    .action((target: { model: string; version: number }, options: Options) =>
      withTemporal(async (context) => {
        const { model, version } = target;
        if (options.force === true && options.reason === undefined)
          throw new UsageError('--force needs a --reason: it is kept with the traffic of the version');
        await requireNamespace(context);
        const { registry } = context.ports;
        await requireModel(context, model);
        const objection = await releaseObjection(registry, await registry.version(model, version), options);
        if (objection !== null && options.force !== true) throw new CommandFailed(howToForce(objection));
        const handle = await start(context, target, options);
        if (options.watch !== true) {
          print(
            options,
            { release: handle.workflowId, model, version },
            () => `started ${handle.workflowId}: \`pawl status\` shows it`,
          );
          return;
        }
        const result = await resultOfRelease(handle).catch(async (error: unknown) => {
          if (error instanceof WorkflowFailedError)
            throw new CommandFailed(`the release failed: ${await explain(error)}`);
          throw error;
        });
        print(options, result, () => `${result.outcome}: ${result.reason}`);
        setExitCode(result.outcome === 'promoted' ? 0 : 1);
      }),
    );
}

type Target = { model: string; version: number };

/** Starts the one release workflow of the model, once another one has made way or was made to. */
async function start(
  context: Context,
  { model, version }: Target,
  { by, reason = 'released by hand', hotfix, force, busy }: Options,
) {
  const { client, config } = context;
  const workflowId = releaseWorkflowId(model);
  for (;;) {
    try {
      return await client.workflow.start<(request: unknown) => Promise<ReleaseResult>>(workflowTypes.release, {
        workflowId,
        taskQueue: config.taskQueues.release,
        args: [{ model, version, by, reason, hotfix, force, busy }],
        staticSummary: `Release version ${version} of ${model}`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const running = client.workflow.getHandle(workflowId);
    switch (busy ?? (await definitionOf(context, { model, version })).release.busy) {
      case 'replace':
        // It may have ended meanwhile.
        await running
          .signal(messages.abort, { by, reason: `replaced by version ${version}: ${reason}`.slice(0, longestReason) })
          .catch(() => {});
        break;
      case 'wait':
        if (busy === undefined) throw underWay(model, workflowId);
        break;
      case 'refuse':
        throw underWay(model, workflowId);
    }
    process.stderr.write(`waiting for ${workflowId} to end\n`);
    await running.result().catch(() => undefined);
  }
}

const underWay = (model: string, workflowId: string): CommandFailed =>
  new CommandFailed(
    `a release of "${model}" is under way already: \`pawl status\` shows it; cancel it with \`pawl cancel ${workflowId}\`, wait for it with --busy wait, or take its place with --busy replace`,
  );
