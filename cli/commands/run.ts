import type { Command } from 'commander';
import type { RetrainRequest } from '../../contracts/run.ts';
import { workflowTypes } from '../../contracts/names.ts';
import { bound, integer, parameter, positiveInteger, withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import { startRun } from '../start-run.ts';
import { reportRun } from '../watch-run.ts';
import type { SetExitCode } from '../program.ts';

interface RunOptions extends JsonOption {
  watch?: boolean;
  from?: number | string;
  to?: number | string;
  limit?: number;
  source?: string;
  seed?: number;
  param?: Record<string, unknown>;
  id?: string;
}

export function runCommand(program: Command, setExitCode: SetExitCode): void {
  withJson(program.command('run'))
    .argument('<model>', 'name of a model definition')
    .description(`start a run (the workflow ${workflowTypes.retrain})`)
    .option('--watch', 'follow it to its end; exit code 1 unless the version was promoted')
    .option('--from <bound>', 'first value of the time column', bound)
    .option('--to <bound>', 'last value of the time column', bound)
    .option('--limit <rows>', 'so many rows at most', positiveInteger)
    .option('--source <path>', 'another file or URL than the dataset names')
    .option('--seed <number>', 'another seed than the definition has', integer)
    .option('--param <name=value>', 'another setting of the trainer; repeatable', parameter)
    .option('--id <run>', 'workflow id (default: retrain/<model>/<time>)')
    .action((model: string, options: RunOptions) =>
      withTemporal(async ({ client, config, ports }) => {
        // A wrong name is told here, at once, and not by a failed run.
        await ports.definitions.model(model);
        const handle = await startRun(client, config, requestOf(model, options), options.id);
        setExitCode(await reportRun(client, handle, options));
      }),
    );
}

function requestOf(model: string, { from, to, limit, source, seed, param }: RunOptions): RetrainRequest {
  const data = Object.fromEntries(
    Object.entries({ from, to, limit, source }).filter(([, value]) => value !== undefined),
  ) as RetrainRequest['data'];
  return {
    model,
    ...(Object.keys(data ?? {}).length === 0 ? {} : { data }),
    ...(seed === undefined ? {} : { seed }),
    ...(param === undefined ? {} : { params: param }),
  };
}
