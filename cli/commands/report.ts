import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { buildReport } from '../../activities/build-report.ts';
import type { Digest } from '../../contracts/digest.ts';
import { stageVerdictSchema, type RunRecord } from '../../contracts/run.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts, withTemporal, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { print } from '../output.ts';
import { runProgress } from '../progress.ts';

export function reportCommand(program: Command): void {
  withJson(program.command('report'))
    .argument('<run>', 'workflow id of a run, under way or ended')
    .description('write the report of a run, so far or whole: one HTML file that needs nothing else')
    .option('--out <file>', 'where (default: report-<run>.html here)')
    .action((run: string, options: JsonOption & { out?: string }) =>
      withPorts(async ({ ports }) => {
        const record = await ports.registry.run(run);
        if (record === null)
          throw new CommandFailed(
            `there is no record of a run "${run}": \`pawl audit <model>\` lists those of a model`,
          );
        const digest = record.result?.report ?? null;
        const path = resolve(options.out ?? `report-${run.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}.html`);
        await writeFile(path, digest === null ? await soFar(record) : await ports.store.getBlob(digest));
        print(options, { run, report: digest, path }, () => path);
      }),
    );
}

/** From what the run has left so far: it is asked for its verdicts. */
const soFar = (record: RunRecord): Promise<string> => withTemporal((context) => reportOf(context, record));

async function reportOf({ client, ports }: Context, { run }: RunRecord): Promise<string> {
  const progress = await runProgress(client, run.id);
  if (progress === null)
    throw new CommandFailed(`"${run.id}" has not left anything yet: \`pawl status ${run.id}\` shows where it is`);
  const verdicts = stageVerdictSchema.array().parse(progress.stages);
  const version = progress.version === null ? null : await ports.registry.version(run.model, progress.version);
  const training: Digest | null = version?.lineage.training ?? null;
  const at = progress.waitingFor === null ? `at ${progress.stage}` : `waits for ${progress.waitingFor}`;
  const result = { outcome: 'underWay' as const, version: progress.version, verdicts, reason: at, report: null };
  return buildReport(ports, { run, snapshot: null, training, verdicts, release: null }, result);
}
