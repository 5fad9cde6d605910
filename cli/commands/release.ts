import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError } from '@temporalio/client';
import type { Command } from 'commander';
import { releaseWorkflowId, workflowTypes } from '../../contracts/names.ts';
import type { ReleaseResult } from '../../contracts/release.ts';
import { currentUser, modelAtVersion, withJson, type JsonOption } from '../arguments.ts';
import { withTemporal, type Context } from '../context.ts';
import { CommandFailed, explain } from '../errors.ts';
import { print } from '../output.ts';
import type { SetExitCode } from '../program.ts';
import { releasePlanCommand } from './release-plan.ts';

interface Options extends JsonOption {
  by: string;
  reason: string;
  watch?: boolean;
}

export function releaseCommand(program: Command, setExitCode: SetExitCode): void {
  // An option belongs to the command before it: both `release` and its `plan` have --json.
  program.enablePositionalOptions();
  const command = withJson(program.command('release')).enablePositionalOptions();
  releasePlanCommand(command);
  command
    .argument('<model@version>', 'a registered version, such as employment@2', modelAtVersion)
    .description('release a registered version: shadow, canary, bake')
    .option('--by <who>', 'who asks', currentUser())
    .option('--reason <why>', 'why; it is recorded', 'released by hand')
    .option('--watch', 'wait for its end; exit code 1 unless the version was promoted')
    .action((target: { model: string; version: number }, options: Options) =>
      withTemporal(async (context) => {
        const { model, version } = target;
        await context.ports.registry.version(model, version);
        const handle = await start(context, target, options);
        if (options.watch !== true) {
          print(
            options,
            { release: handle.workflowId, model, version },
            () => `started ${handle.workflowId}: \`pawl status\` shows it`,
          );
          return;
        }
        const result = await handle.result().catch((error: unknown) => {
          if (error instanceof WorkflowFailedError) throw new CommandFailed(`the release failed: ${explain(error)}`);
          throw error;
        });
        print(options, result, () => `${result.outcome}: ${result.reason}`);
        setExitCode(result.outcome === 'promoted' ? 0 : 1);
      }),
    );
}

async function start(
  { client, config }: Context,
  { model, version }: { model: string; version: number },
  { by, reason }: Options,
) {
  const workflowId = releaseWorkflowId(model);
  try {
    return await client.workflow.start<(request: unknown) => Promise<ReleaseResult>>(workflowTypes.release, {
      workflowId,
      taskQueue: config.taskQueues.release,
      args: [{ model, version, by, reason }],
      staticSummary: `Release version ${version} of ${model}`,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new CommandFailed(
        `a release of "${model}" is under way already: \`pawl status\` shows it; cancel it with \`pawl cancel ${workflowId}\`, or wait`,
      );
    throw error;
  }
}
