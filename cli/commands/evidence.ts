import type { Command } from 'commander';
import { digestPrefixSchema, digestSchema, type Digest } from '../../contracts/digest.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { CommandFailed, UsageError } from '../errors.ts';
import { print } from '../output.ts';

export function evidenceCommand(program: Command): void {
  withJson(program.command('evidence'))
    .argument(
      '<digest>',
      'sha256:... of a verdict, an approval, a definition or a snapshot, as `show` and `status` print it; its first digits will do',
    )
    .description('print a document of the store as JSON')
    .action((text: string, options: JsonOption) =>
      withPorts(async ({ ports }) => {
        const bytes = await ports.store.getBlob(await wholeDigest(ports, text));
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

/** The digest that begins so, as short forms print it. */
async function wholeDigest({ store }: Context['ports'], text: string): Promise<Digest> {
  const whole = digestSchema.safeParse(text);
  if (whole.success) return whole.data;
  const prefix = digestPrefixSchema.safeParse(text);
  if (!prefix.success)
    throw new UsageError(`"${text}" is not a digest: write sha256: and its 64 hex digits, or the first 6 or more`);
  const [found, other] = await store.findBlobs(prefix.data);
  if (found === undefined)
    throw new CommandFailed(`no document of the store has a digest that begins with ${prefix.data}: copy it again`);
  if (other !== undefined)
    throw new CommandFailed(
      `${prefix.data} begins more than one digest, such as ${found} and ${other}: give more digits`,
    );
  return found;
}
