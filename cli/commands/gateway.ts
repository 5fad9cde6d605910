import type { Command } from 'commander';
import { runEntry } from '../run-entry.ts';
import { integer } from '../arguments.ts';
import type { SetExitCode } from '../program.ts';

export function gatewayCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('gateway')
    .description('answer prediction requests by the deployment records of the store, until SIGINT or SIGTERM')
    .option('--instance <name>', 'names it in the prediction log; give each process on this home its own', 'gateway')
    .option(
      '--port <port>',
      'exactly this port, or a free one for 0 (default: the configured one where it is free)',
      integer,
    )
    .option('--json', 'print one line of JSON once it serves (it always does)')
    .action(async ({ instance, port }: { instance: string; port?: number }) => {
      const rest = port === undefined ? [] : ['--port', String(port)];
      setExitCode(await runEntry('gateway/main', ['--instance', instance, ...rest]));
    });
}
