import type { Command } from 'commander';
import { withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { print } from '../output.ts';
import { requireOpen } from '../require-open.ts';

export function cancelCommand(program: Command): void {
  withJson(program.command('cancel'))
    .argument('<run>', 'workflow id of a run, or of a release (release/<model>)')
    .description('ask a run to end; cancelling a release gives the champion its traffic back')
    .action((run: string, options: JsonOption) =>
      withTemporal(async (context) => {
        const { client } = context;
        await requireOpen(context, run);
        await client.workflow.getHandle(run).cancel();
        print(
          options,
          { run, cancelled: true },
          () => `${run} was asked to end: \`pawl status ${run}\` shows how it does`,
        );
      }),
    );
}
