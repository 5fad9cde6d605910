import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { print } from '../output.ts';

export function reportCommand(program: Command): void {
  withJson(program.command('report'))
    .argument('<run>', 'workflow id of a run that has ended')
    .description('write the report of a run: one HTML file that needs nothing else')
    .option('--out <file>', 'where (default: report-<run>.html here)')
    .action((run: string, options: JsonOption & { out?: string }) =>
      withPorts(async ({ ports }) => {
        const record = await ports.registry.run(run);
        if (record === null)
          throw new CommandFailed(
            `there is no record of a run "${run}": \`pawl audit <model>\` lists those of a model`,
          );
        const digest = record.result?.report ?? null;
        if (digest === null)
          throw new CommandFailed(
            `"${run}" has no report yet: it is written when the run ends. \`pawl status ${run}\` shows where it is`,
          );
        const path = resolve(options.out ?? `report-${run.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}.html`);
        await writeFile(path, await ports.store.getBlob(digest));
        print(options, { run, report: digest, path }, () => path);
      }),
    );
}
