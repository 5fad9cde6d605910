import type { Command } from 'commander';
import { digestSchema } from '../../contracts/digest.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { CommandFailed, UsageError } from '../errors.ts';
import { print } from '../output.ts';

export function evidenceCommand(program: Command): void {
  withJson(program.command('evidence'))
    .argument(
      '<digest>',
      'sha256:... of a verdict, an approval, a definition or a snapshot, as `show` and `status` print it',
    )
    .description('print a document of the store as JSON')
    .action((text: string, options: JsonOption) =>
      withPorts(async ({ ports }) => {
        const digest = digestSchema.safeParse(text);
        if (!digest.success) throw new UsageError(`"${text}" is not a digest: write sha256: and 64 hex digits`);
        const bytes = await ports.store.getBlob(digest.data);
        let document: unknown;
        try {
          document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
        } catch {
          throw new CommandFailed(
            `${text} is not a document but ${bytes.length} bytes of data, such as a model or rows`,
          );
        }
        print(options, document, () => JSON.stringify(document, null, 2));
      }),
    );
}
