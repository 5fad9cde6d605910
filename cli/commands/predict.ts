import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { loadDocument } from '../../activities/support/documents.ts';
import { loadModel } from '../../activities/support/load-model.ts';
import { loadTrainedCodes } from '../../activities/support/load-trained-codes.ts';
import { labelSpaceOf } from '../../contracts/data/label-space.ts';
import { datasetDefinitionSchema } from '../../contracts/data/dataset.ts';
import { modelDefinitionSchema } from '../../contracts/model/model-definition.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { withTrainedCodes } from '../../contracts/data/trained-codes.ts';
import { rowsFile, withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';

interface Options extends JsonOption {
  force?: boolean;
}

export function predictCommand(program: Command): void {
  withJson(program.command('predict'))
    .argument('<model>', 'a model, or one of its versions: employment, employment@2 (default: the champion)')
    .argument('<in>', 'rows with the columns that the model takes: .parquet, .csv, .tsv or .ndjson', rowsFile)
    .argument(
      '<out>',
      'the same rows in the same order, with the columns prediction and model_version, and by task probability, probability_<label> or quantile_<level>: .parquet, .csv, .tsv or .ndjson',
      rowsFile,
    )
    .description('predict a whole file')
    .option('--force', 'replace <out> where it is there')
    .action((model: string, source: string, target: string, options: Options) =>
      withPorts((context) => predict(context, model, resolve(source), resolve(target), options)),
    );
}

async function predict(
  context: Context,
  named: string,
  source: string,
  target: string,
  options: Options,
): Promise<void> {
  const { registry, store, tables } = context.ports;
  const found = await stat(source).catch(() => null);
  if (found?.isFile() !== true) throw new CommandFailed(`there is no file ${source}`);
  if (!existsSync(dirname(target))) throw new CommandFailed(`there is no folder ${dirname(target)}: make it first`);
  if (existsSync(target) && options.force !== true)
    throw new CommandFailed(`${target} is there already: name another file, or add --force`);
  const { model, version } = await versionOf(context, named);
  const { candidate, lineage } = await registry.version(model, version);
  const declared = await loadDocument(store, datasetDefinitionSchema, lineage.dataset);
  const dataset = withTrainedCodes(declared, await loadTrainedCodes(store, lineage.training));
  const definition = await loadDocument(store, modelDefinitionSchema, lineage.definition);
  if (definition.tensors !== undefined)
    throw new CommandFailed(
      `"${model}" is a model on tensors, and a file has columns: ask the gateway (\`pawl up\`, then /v2/models/${model}/infer)`,
    );
  const loaded = await loadModel(context.ports, candidate.model, lineage.training === null);
  const started = performance.now();
  try {
    const { rows, added, ...notes } = await tables.predictFile({
      source,
      target,
      signature: loaded.signature,
      dataset,
      strict: context.config.gateway.serving[model]?.strict ?? definition.serving.strict,
      labelSpace: labelSpaceOf(definition, dataset),
      version,
      run: (frame) => loaded.run(loaded.feeds(frame)),
      onRows: (done) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${done.toLocaleString('en')} rows`);
      },
    });
    const seconds = (performance.now() - started) / 1_000;
    if (process.stderr.isTTY) process.stderr.write('\r');
    const said = { model, version, rows, seconds: Number(seconds.toFixed(3)), out: target, added, ...notes };
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(said)}\n`
        : `${rows.toLocaleString('en')} rows by ${model}@${version} in ${seconds.toFixed(1)} s: ${target}\nadded: ${shownNames(added)}\n${notesOf(notes)}`,
    );
  } finally {
    await loaded.release();
  }
}

type Notes = Readonly<Record<'missing' | 'outside' | 'unknown', Readonly<Record<string, number>>>>;

const notesIn = {
  missing: 'taken as missing',
  outside: 'outside the range of the dataset',
  unknown: 'of a category that training did not see',
} as const;

/** What the model was asked about all the same, a line each: `outside the range of the dataset: age in 3 rows`. */
const notesOf = (notes: Notes): string =>
  (['missing', 'outside', 'unknown'] as const)
    .filter((what) => Object.keys(notes[what]).length > 0)
    .map((what) => {
      const columns = Object.entries(notes[what]).map(
        ([column, count]) => `${shownText(column)} in ${count.toLocaleString('en')}`,
      );
      return `${notesIn[what]}: ${shownNames(columns)} rows\n`;
    })
    .join('');

async function versionOf({ ports }: Context, named: string): Promise<{ model: string; version: number }> {
  const [, model = named, number] = /^(.*)@([1-9]\d*)$/.exec(named) ?? [];
  if (number !== undefined) return { model, version: Number(number) };
  const champion = (await ports.registry.currentDeployment(model))?.champion ?? null;
  if (champion !== null) return { model, version: champion };
  const known = await ports.registry.models();
  if (known.includes(model))
    throw new CommandFailed(`model "${model}" has no champion yet: name a version, ${model}@1`);
  throw new CommandFailed(`there is no model "${model}": known are ${known.join(', ') || 'none'}`);
}
