import { WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { messages, releaseWorkflowId } from '../../contracts/names.ts';
import { age, withDecision, type DecisionOptions } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { requireModel } from '../known-models.ts';
import { print } from '../output.ts';

interface Options extends DecisionOptions {
  evidence?: string;
  /** Milliseconds. */
  time?: number;
}

const verbs = {
  [messages.pause]: 'hold the release of a model where it is; guards go on watching',
  [messages.resume]: 'let a paused release go on, or one that waits at a pause or for a person that a guard asked for',
  [messages.promote]: 'promote the version under release now, without the proofs that are missing',
  [messages.abort]: 'end a release, and give the champion its traffic back',
  [messages.retry]: 'begin the time of the present step again',
  [messages.extend]: 'put the total deadline of a release off',
} as const;

export function steerCommands(program: Command): void {
  for (const [verb, description] of Object.entries(verbs)) {
    const command = withDecision(program.command(verb))
      .argument('<model>', 'name of a model whose release is under way')
      .description(description);
    if (verb === messages.promote || verb === messages.resume)
      command.option('--evidence <digest>', 'what was seen, as `pawl status` shows it: refused when it has changed');
    if (verb === messages.extend) command.requiredOption('--time <time>', 'by how much, such as 2h', age);
    command.action((model: string, options: Options) =>
      withTemporal(async (context) => {
        const { by, reason, evidence, time } = options;
        const workflowId = releaseWorkflowId(model);
        const answer = await context.client.workflow
          .getHandle(workflowId)
          .executeUpdate<string, [unknown]>(verb, { args: [{ by, reason, evidence, ms: time }] })
          .catch(async (error: unknown) => {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
            await requireModel(context, model);
            throw new CommandFailed(`no release of "${model}" is under way: \`pawl status\` shows what is`);
          });
        print(options, { release: workflowId, command: verb, by, reason }, () => `${workflowId}: ${answer}`);
      }),
    );
  }
}
