import type { Command } from 'commander';
import type { RetrainRequest } from '../../contracts/run/run.ts';
import { workflowTypes } from '../../contracts/names.ts';
import { integer, parameter, withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { selectionOf, withSelection, type SelectionOptions } from '../row-selection.ts';
import { checkRequest, startRun } from '../start-run.ts';
import { reportRun } from '../watch-run.ts';
import type { SetExitCode } from '../exit-code.ts';

interface RunOptions extends JsonOption, SelectionOptions {
  watch?: boolean;
  seed?: number;
  param?: Record<string, unknown>;
  id?: string;
  cache: boolean;
}

export function runCommand(program: Command, setExitCode: SetExitCode): void {
  withSelection(withJson(program.command('run')))
    .argument('<model>', 'name of a model definition')
    .description(`start a run (the workflow ${workflowTypes.retrain})`)
    .option('--watch', 'follow it to its end; exit code 1 unless the version was promoted')
    .option('--seed <number>', 'another seed than the definition has', integer)
    .option('--param <name=value>', 'another setting of the trainer; repeatable', parameter)
    .option('--no-cache', 'do all work again, also where nothing that it depends on has changed')
    .option('--id <run>', 'workflow id (default: retrain/<model>/<time>)')
    .action((model: string, options: RunOptions) =>
      withTemporal(async ({ client, config, ports }) => {
        // What cannot be run is told here, at once, and not by a failed run.
        const request = requestOf(model, options);
        await checkRequest(ports.definitions, request);
        const handle = await startRun(client, config, request, options.id);
        setExitCode(await reportRun(client, handle, options));
      }),
    );
}

function requestOf(model: string, { seed, param, cache, ...options }: RunOptions): RetrainRequest {
  return {
    model,
    ...selectionOf(options),
    ...(seed === undefined ? {} : { seed }),
    ...(param === undefined ? {} : { params: param }),
    ...(cache ? {} : { cache: false }),
  };
}
