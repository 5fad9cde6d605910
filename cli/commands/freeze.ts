import type { Command } from 'commander';
import { withDecision, type DecisionOptions } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { requireModel } from '../known-models.ts';
import { print } from '../output.ts';

interface Options extends DecisionOptions {
  all?: boolean;
}

const verbs = [
  ['freeze', true, 'stop all traffic from moving forward: releases hold, roll back when they must, and none begins'],
  ['unfreeze', false, 'let releases go on'],
] as const;

/** The kill switch writes to the store alone: it works while Temporal and the workers are down. */
export function freezeCommands(program: Command): void {
  for (const [verb, frozen, description] of verbs)
    withDecision(program.command(verb))
      .argument('[model]', 'name of a model that serves')
      .option('--all', 'all models')
      .description(description)
      .action((model: string | undefined, options: Options) =>
        withPorts(async (context) => {
          const { registry } = context.ports;
          if ((model === undefined) === (options.all !== true)) throw new CommandFailed(`name a model, or say --all`);
          const { by, reason } = options;
          const changed: string[] = [];
          for (const name of model === undefined ? await registry.models() : [model]) {
            const record = await registry.changeDeployment(name, (current) =>
              current === null || current.frozen === frozen ? null : { ...current, frozen, actor: by, reason },
            );
            if (record !== null && record.frozen === frozen) changed.push(name);
            else if (model !== undefined) {
              await requireModel(context, model);
              throw new CommandFailed(`nothing serves "${name}": there is no traffic to ${verb}`);
            }
          }
          print(options, { [verb]: changed }, () =>
            changed.length === 0 ? 'no model serves' : `${frozen ? 'frozen' : 'free to move'}: ${changed.join(', ')}`,
          );
        }),
      );
}
