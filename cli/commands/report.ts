import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { buildReport } from '../../activities/run/build-report.ts';
import type { Digest } from '../../contracts/digest.ts';
import { stageVerdictSchema, type RunRecord, type StageVerdict } from '../../contracts/run/run.ts';
import type { StoreDifference } from '../../contracts/store-difference.ts';
import { withNotice } from '../../report/render.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withPorts, withTemporal, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { print } from '../output.ts';
import { runProgress } from '../workflow-progress.ts';
import { endOfRun } from '../run-end.ts';
import { whatDiffers } from '../what-differs.ts';

export function reportCommand(program: Command): void {
  withJson(program.command('report'))
    .argument('<run>', 'workflow id of a run, under way or ended')
    .description('write the report of a run, so far or whole: one HTML file that needs nothing else')
    .option('--out <file>', 'where (default: report-<run>.html in PAWL_HOME)')
    .action((run: string, options: JsonOption & { out?: string }) =>
      withPorts(async ({ ports, config }) => {
        const record = await ports.registry.run(run);
        if (record === null)
          throw new CommandFailed(
            `there is no record of a run "${run}": \`pawl audit <model>\` lists those of a model`,
          );
        const digest = record.result?.report ?? null;
        const path = resolve(
          options.out ?? join(config.home, `report-${run.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}.html`),
        );
        const differences = await differencesOfRun(ports, record);
        const page =
          digest === null ? await soFar(record) : new TextDecoder().decode(await ports.store.getBlob(digest));
        const said = whatDiffers(record.run.model, differences);
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(path, withNotice(page, said));
        print(options, { run, report: digest, path, differences }, () => [...said, path].join('\n\n'));
      }),
    );
}

/** What differs in the store of what a run's report shows: its version with model, evidence and approval, and its verdicts. */
async function differencesOfRun(
  { registry, verifier }: Context['ports'],
  { run, result }: RunRecord,
): Promise<StoreDifference[]> {
  const version = (await registry.versions(run.model)).findLast((one) => one.run === run.id);
  if (version === undefined) return [];
  const differences = await verifier.version(version);
  const verdicts = (of: readonly StageVerdict[]): string =>
    JSON.stringify(of.map(({ stage, evidence, status }) => [stage, evidence, status]));
  const shown = result?.verdicts.slice(0, version.verdicts.length);
  if (shown !== undefined && result?.version === version.version && verdicts(shown) !== verdicts(version.verdicts))
    differences.push({
      what: `record of run ${run.id}`,
      why: `its verdicts are others than those that version ${version.version} was registered with`,
    });
  return differences;
}

/** From what the run has left so far: it is asked for its verdicts. */
const soFar = (record: RunRecord): Promise<string> => withTemporal((context) => reportOf(context, record));

async function reportOf({ client, ports }: Context, record: RunRecord): Promise<string> {
  const { run } = record;
  const progress = await runProgress(client, run.id);
  if (progress === null)
    throw new CommandFailed(`"${run.id}" has not left anything yet: \`pawl status ${run.id}\` shows where it is`);
  const verdicts = stageVerdictSchema.array().parse(progress.stages);
  const { version, snapshot, stage, waitingFor } = progress;
  const training = progress.training as Digest | null;
  const ended = await endOfRun(client, run.id, record);
  const at =
    waitingFor === null
      ? { outcome: 'underWay' as const, reason: `at ${stage}` }
      : { outcome: 'waiting' as const, reason: `for ${waitingFor}` };
  const { outcome, reason } =
    ended.outcome === 'open' || ended.outcome === 'unknown' ? at : { ...ended, outcome: ended.outcome };
  const result = { outcome, version, verdicts, reason, report: null, at: stage };
  return buildReport(ports, { run, snapshot, training, verdicts, release: null }, result);
}
