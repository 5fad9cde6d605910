import type { Command } from 'commander';
import { runEntry } from '../run-entry.ts';
import { integer } from '../arguments.ts';
import type { SetExitCode } from '../exit-code.ts';

export function gatewayCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('gateway')
    .description('answer prediction requests by the deployment records of the store, until SIGINT or SIGTERM')
    .option(
      '--instance <name>',
      'names it in the prediction log, with 8 digits of this home after it; give each gateway on this home its own',
      'gateway',
    )
    .option(
      '--port <port>',
      'exactly this port, or a free one for 0 (default: the configured one where it is free)',
      integer,
    )
    .option('--grpc-port <port>', 'the same for gRPC', integer)
    .option(
      '--processes <n>',
      'serving processes on these ports; 0 is one per core (default: the configured number)',
      integer,
    )
    .option('--json', 'print one line of JSON once it serves (it always does)')
    .action(async ({ instance, ...numbers }: GatewayCommandOptions) => {
      const rest = [
        ['--port', numbers.port],
        ['--grpc-port', numbers.grpcPort],
        ['--processes', numbers.processes],
      ].flatMap(([name, value]) => (value === undefined ? [] : [String(name), String(value)]));
      setExitCode(await runEntry('gateway/main', ['--instance', instance, ...rest]));
    });
}

interface GatewayCommandOptions {
  readonly instance: string;
  readonly port?: number;
  readonly grpcPort?: number;
  readonly processes?: number;
}
