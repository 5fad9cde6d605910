import type { Command } from 'commander';
import { makeSearchAttributes } from '../../workers/search-attributes.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { print } from '../output.ts';

export function setupNamespaceCommand(program: Command): void {
  withJson(program.command('setup-namespace'))
    .description('make the search attributes of Pawl in the namespace of a Temporal server of your own')
    .action((options: JsonOption) =>
      withTemporal(async ({ client, config: { namespace } }) => {
        const made = await makeSearchAttributes(client.connection, { namespace });
        print(options, { namespace, made }, () =>
          made.length === 0
            ? `namespace ${namespace} has all search attributes already`
            : `namespace ${namespace} has the search attributes ${made.join(', ')} now`,
        );
      }),
    );
}
