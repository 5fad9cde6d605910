import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load-config.ts';
import type { Addresses } from '../../workers/supervise.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { endSignal } from '../end-signal.ts';
import { movedPorts } from '../other-tcp-ports.ts';
import { fields, print } from '../output.ts';

export function upCommand(program: Command): void {
  withJson(program.command('up'))
    .description('start the embedded Temporal server, the workers and the gateway; stay up until SIGINT or SIGTERM')
    .action(async (options: JsonOption) => {
      const { startPlatform } = await import('../../workers/supervise.ts');
      const ending = endSignal();
      const config = loadConfig();
      const log = (text: string): unknown => process.stderr.write(`pawl: ${text}\n`);
      const platform = await startPlatform(config, { log });
      for (const line of movedPorts(config.ports, platform.addresses)) log(line);
      print(options, platform.addresses, () => describe(platform.addresses));
      await ending;
      await platform.stop();
    });
}

const describe = ({ temporal, ui, gateway, store }: Addresses): string =>
  [
    fields([
      ['Temporal', temporal],
      ['Web UI', ui ?? 'none: the server is not ours'],
      ['Gateway', gateway.http],
      ['gRPC', gateway.grpc ?? 'none'],
      ['Store', store.startsWith('file:') ? fileURLToPath(store) : store],
    ]),
    'Ready. Ctrl-C ends it.',
  ].join('\n');
