import { WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { messages, releaseWorkflowId } from '../../contracts/names.ts';
import { withDecision, type DecisionOptions } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { print } from '../output.ts';

const verbs = {
  [messages.pause]: 'hold the release of a model where it is; guards go on watching',
  [messages.resume]: 'let a paused release go on',
  [messages.promote]: 'promote the version under release now, whatever is still to be proven',
} as const;

export function steerCommands(program: Command): void {
  for (const [verb, description] of Object.entries(verbs))
    withDecision(program.command(verb))
      .argument('<model>', 'name of a model whose release is under way')
      .description(description)
      .action((model: string, options: DecisionOptions) =>
        withTemporal(async ({ client }) => {
          const { by, reason } = options;
          const workflowId = releaseWorkflowId(model);
          const answer = await client.workflow
            .getHandle(workflowId)
            .executeUpdate<string, [unknown]>(verb, { args: [{ by, reason }] })
            .catch((error: unknown) => {
              if (error instanceof WorkflowNotFoundError)
                throw new CommandFailed(`no release of "${model}" is under way: \`pawl status\` shows what is`);
              throw error;
            });
          print(options, { release: workflowId, command: verb, by, reason }, () => `${workflowId}: ${answer}`);
        }),
      );
}
