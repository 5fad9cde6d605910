import type { Command } from 'commander';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { knownModels } from '../known-models.ts';
import { print, table } from '../output.ts';

export function modelsCommand(program: Command): void {
  withJson(program.command('models'))
    .description('the models that are defined or registered')
    .action((options: JsonOption) =>
      withPorts(async (context) => {
        const models = await knownModels(context);
        const rows = await Promise.all(models.map((model) => describe(context.ports, model)));
        print(options, rows, () =>
          table(
            ['MODEL', 'CHAMPION', 'VERSIONS', 'SCHEDULE', 'DESCRIPTION'],
            rows.map(({ model, champion, versions, schedule, description, problem }) => [
              model,
              champion === null ? 'none' : String(champion),
              String(versions),
              schedule ?? 'none',
              (problem ?? description).split('\n'),
            ]),
            `no model is defined in ${context.config.models}: add <name>.yaml there`,
          ),
        );
      }),
    );
}

async function describe(ports: Context['ports'], model: string) {
  const { definition, problem } = await define(ports, model);
  return {
    model,
    champion: (await ports.registry.currentDeployment(model))?.champion ?? null,
    versions: (await ports.registry.versions(model)).length,
    schedule: definition?.schedule?.cron ?? null,
    description: definition?.description ?? '',
    /** Why its definition cannot be read. */
    problem,
  };
}

async function define(
  ports: Context['ports'],
  model: string,
): Promise<{ definition: ModelDefinition | null; problem: string | null }> {
  try {
    return { definition: await ports.definitions.model(model), problem: null };
  } catch (error) {
    return { definition: null, problem: (error as Error).message };
  }
}
