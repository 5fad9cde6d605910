import type { Command } from 'commander';
import { workflowTypes } from '../../contracts/names.ts';
import type { Reproduction } from '../../contracts/run/reproduction.ts';
import { predictionsTolerance, weightsTolerance } from '../../policy/agreement.ts';
import { modelAtVersion, withJson, type JsonOption } from '../arguments.ts';
import { withTemporal } from '../context.ts';
import type { SetExitCode } from '../exit-code.ts';
import { requireNamespace } from '../namespace.ts';
import { print, table } from '../output.ts';

export function reproduceCommand(program: Command, setExitCode: SetExitCode): void {
  withJson(program.command('reproduce'))
    .argument('<model@n>', 'a version', modelAtVersion)
    .description(
      'train a version again from its lineage, and say what agrees: bytes, weights, predictions, or the metric that decides; exit code 1 where nothing does',
    )
    .action((named: { model: string; version: number }, options: JsonOption) =>
      withTemporal(async ({ client, config }) => {
        await requireNamespace({ client, config });
        const { model, version } = named;
        const { evidence, reproduction } = await client.workflow.execute<
          (request: unknown) => Promise<{ evidence: string; reproduction: Reproduction }>
        >(workflowTypes.reproduce, {
          workflowId: `reproduce/${model}@${version}/${new Date().toISOString()}`,
          taskQueue: config.taskQueues.pipeline,
          args: [named],
          staticSummary: `Train ${model}@${version} again`,
        });
        print(options, { evidence, ...reproduction }, () => inWords(reproduction));
        setExitCode(reproduction.agreement === 'nothing' ? 1 : 0);
      }),
    );
}

function inWords(found: Reproduction): string {
  const { model, version, agreement, weights, predictions, metric, rows, environment } = found;
  const figure = (value: number | null): string => (value === null ? 'unknown' : value.toPrecision(4));
  const said = {
    bytes: 'the second training gave the same bytes',
    weights: `the weights agree (greatest difference ${figure(weights)} of a tensor's greatest value, at most ${weightsTolerance})`,
    predictions: `the predictions agree (greatest difference ${figure(predictions)}, at most ${predictionsTolerance})`,
    metric: `predictions differ by up to ${figure(predictions)}, and ${metric.name} is not worse beyond its margin`,
    nothing: `nothing agrees: predictions differ by up to ${figure(predictions)}`,
  }[agreement];
  const values = `${metric.name} on ${rows} test rows: ${figure(metric.recorded)} recorded, ${figure(metric.trained)} now`;
  const changes = Object.entries(environment).map(([name, { recorded, now }]) => [name, recorded ?? '', now ?? '']);
  const lines = [`${model}@${version}: ${said}`, values];
  return [...lines, ...(changes.length === 0 ? [] : [table(['TRAINED WITH', 'RECORDED', 'NOW'], changes)])].join('\n');
}
