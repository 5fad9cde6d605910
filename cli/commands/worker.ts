import { Option, type Command } from 'commander';
import { defaultQueues, wantedProviders } from '../../contracts/names.ts';
import { runEntry } from '../run-entry.ts';
import type { SetExitCode } from '../exit-code.ts';
import { withTemporal } from '../context.ts';
import { requireNamespace } from '../namespace.ts';
import { UsageError } from '../errors.ts';

const roles = Object.keys(defaultQueues);

export function workerCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('worker')
    .description('poll task queues of a server that runs elsewhere, until SIGINT or SIGTERM')
    .option('--queues <roles>', `which, separated by commas: ${roles.join(', ')}`, roles.join(','))
    .addOption(
      new Option('--provider <name>', 'what networks are trained on; auto: cuda where a device computes, else cpu')
        .choices(wantedProviders)
        .default('auto'),
    )
    .option('--json', 'print one line of JSON once it polls (it always does)')
    .action(async ({ queues, provider }: { queues: string; provider: string }) => {
      const unknown = queues.split(',').filter((role) => !roles.includes(role));
      if (unknown.length > 0)
        throw new UsageError(`there is no queue "${unknown.join(',')}": choose from ${roles.join(', ')}`);
      await withTemporal(requireNamespace);
      setExitCode(await runEntry('workers/main', ['--queues', queues, '--provider', provider]));
    });
}
