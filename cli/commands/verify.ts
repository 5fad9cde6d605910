import type { Command } from 'commander';
import { unknownModel } from '../../contracts/errors.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { knownModels } from '../known-models.ts';
import { print, table } from '../output.ts';
import type { SetExitCode } from '../exit-code.ts';

export function verifyCommand(program: Command, setExitCode: SetExitCode): void {
  withJson(program.command('verify'))
    .argument('<model>', 'name of a model')
    .description(
      'check what the store holds of a model against its digests, and name what was changed; exit code 1 then',
    )
    .action((model: string, options: JsonOption) =>
      withPorts(async (context) => {
        const found = await context.ports.verifier.model(model);
        if (found.versions + found.states === 0)
          throw unknownModel(model, await knownModels(context), context.config.models);
        const { versions, states, approvals, blobs, differences } = found;
        const read = `${versions} versions, ${approvals} approvals, ${states} deployment records, ${blobs} blobs`;
        print(options, { model, ...found }, () =>
          differences.length === 0
            ? `${read}: each is what the others say it is`
            : `${read}\n${table(
                ['WHAT DIFFERS', 'WHY'],
                differences.map(({ what, why }) => [what, why]),
              )}`,
        );
        setExitCode(differences.length === 0 ? 0 : 1);
      }),
    );
}
