import type { Command } from 'commander';
import type { RolledBack } from '../../activities/release/roll-back.ts';
import { workflowTypes } from '../../contracts/names.ts';
import { withDecision, type DecisionOptions } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { requireNamespace } from '../namespace.ts';
import { print } from '../output.ts';

export function rollbackCommand(program: Command): void {
  withDecision(program.command('rollback'))
    .argument('<model>', 'name of a model')
    .description('take traffic back at once: from a release that is under way, else to the previous version')
    .action((model: string, options: DecisionOptions) =>
      withTemporal(async ({ client, config }) => {
        await requireNamespace({ client, config });
        const { by, reason } = options;
        const result = await client.workflow.execute<(request: unknown) => Promise<RolledBack>>(
          workflowTypes.rollback,
          {
            workflowId: `rollback/${model}/${new Date().toISOString()}`,
            taskQueue: config.taskQueues.release,
            args: [{ model, reason, by }],
            staticSummary: `Roll back ${model}: ${reason}`.slice(0, 200),
          },
        );
        print(
          options,
          result,
          () => `version ${result.champion} of ${result.model} serves; version ${result.from} was taken back`,
        );
      }),
    );
}
