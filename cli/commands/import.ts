import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { classCodes, labelSpaceOf, positiveCode } from '../../contracts/data/label-space.ts';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { shownReasons, shownText } from '../../contracts/shown-text.ts';
import { splitManifestSchema, type SplitManifest } from '../../contracts/data/split.ts';
import { isParquet, startOfFile } from '../../ports/start-of-file.ts';
import { withJson, type JsonOption } from '../arguments.ts';
import { withTemporal, type Context } from '../context.ts';
import { describeAdaption, describeDrawn } from '../describe-adaption.ts';
import { CommandFailed } from '../errors.ts';
import type { SetExitCode } from '../exit-code.ts';
import { selectionOf, withSelection, type SelectionOptions } from '../row-selection.ts';
import { checkRequest, startRun } from '../start-run.ts';
import { reportRun } from '../watch-run.ts';

interface Options extends JsonOption, SelectionOptions {
  id?: string;
  trainedOn?: string;
  watch?: boolean;
}

export function importCommand(program: Command, setExitCode: SetExitCode): void {
  withSelection(withJson(program.command('import')))
    .argument('<model>', 'name of a model definition')
    .argument('<file>', 'ONNX model as its tool exports it; see docs/importing.md')
    .description('take a model that was trained elsewhere through every gate from evaluation on')
    .option(
      '--trained-on <manifest>',
      'what it was trained on: manifest.json of `pawl split`, or the digest of one of its files',
    )
    .option('--watch', 'follow the run to its end; exit code 1 unless the version was promoted')
    .option('--id <run>', 'workflow id (default: retrain/<model>/<time>)')
    .action((model: string, file: string, options: Options) =>
      withTemporal(async (context) => {
        const { client, config, ports } = context;
        await checkFile(file);
        const isOnTensors = (await ports.definitions.model(model)).tensors !== undefined;
        if (isOnTensors && options.trainedOn !== undefined)
          throw new CommandFailed(`"${model}" is a model on tensors, which has no rows: leave --trained-on out`);
        await checkRequest(ports.definitions, { model, ...selectionOf(options) }, { isImport: true });
        const whole = await examined(context, model, file);
        const trainedOn =
          options.trainedOn === undefined ? {} : { trainedOn: await rowsOf(context, model, options.trainedOn) };
        if (!isOnTensors && options.trainedOn === undefined) process.stderr.write(`pawl: warning: ${untold(model)}\n`);
        const imported = await ports.store.putBlob(whole);
        const handle = await startRun(
          client,
          config,
          { model, imported, ...trainedOn, ...selectionOf(options) },
          options.id,
        );
        setExitCode(await reportRun(client, handle, options));
      }),
    );
}

const untold = (model: string): string =>
  `nobody told which rows the model was trained on, and its figures are too good if test rows are among them: name the rows with --trained-on (\`pawl split ${model} <folder>\` writes rows to train on)`;

/** Digests of the files that the model was trained on: the training and validation parts of a manifest, or the one that is named. */
async function rowsOf({ ports }: Context, model: string, named: string): Promise<Digest[]> {
  const digest = digestSchema.safeParse(named);
  const dataset = await ports.definitions.datasetOf(await ports.definitions.model(model));
  const digests = digest.success ? [digest.data] : await partsOf(named, dataset.dataset);
  for (const part of digests) {
    const path = await ports.store.fetchFile(part).catch((error: Error) => {
      throw new CommandFailed(
        `the rows ${part} cannot be read from the store (${error.message}): name what \`pawl split\` wrote with this store`,
      );
    });
    if (!(await holdsRows(path, dataset.key)))
      throw new CommandFailed(
        `${part} is not a file of rows: name a digest under "parts" in the manifest.json of \`pawl split\``,
      );
  }
  return digests;
}

/** Whether a file is Parquet, or CSV with the column. */
async function holdsRows(path: string, column: string): Promise<boolean> {
  const start = await startOfFile(path, 65_536);
  if (isParquet(start)) return true;
  const [header = ''] = start.toString('utf8').split('\n');
  return !header.startsWith('{') && header.includes(column);
}

async function partsOf(path: string, dataset: string): Promise<Digest[]> {
  const { dataset: found, parts } = await readManifest(path);
  if (found !== dataset)
    throw new CommandFailed(
      `${path} has rows of the dataset "${found}", and the model's dataset is "${dataset}": name a manifest.json of its \`pawl split\``,
    );
  return [parts.train.digest, parts.validation.digest];
}

async function readManifest(path: string): Promise<SplitManifest> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null)
    throw new CommandFailed(
      `${path} is neither a digest nor a file that can be read: name a manifest.json of \`pawl split\``,
    );
  try {
    return splitManifestSchema.parse(JSON.parse(text));
  } catch {
    throw new CommandFailed(`${path} is not a manifest of \`pawl split\`: name its manifest.json`);
  }
}

async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null) throw new CommandFailed(`there is no file ${file}`);
  if (!found.isFile()) throw new CommandFailed(`${file} is not a file`);
}

/**
 * The model with all its weights inside. One that does not load, or does not fit its definition, is told here and not by a failed run. What is
 * taken in, and written around one that fits, is printed.
 */
async function examined({ ports }: Context, model: string, file: string): Promise<Uint8Array> {
  const definition = await ports.definitions.model(model);
  const dataset = await ports.definitions.datasetOf(definition);
  const { whole, files, ...taken } = await ports.imports.examineFile(file, definition, dataset);
  for (const { name, bytes: size, sha256 } of files)
    process.stderr.write(
      `pawl: takes the weights in ${shownText(name)} into the model (${size} bytes, sha256:${sha256})\n`,
    );
  if (!('bytes' in taken)) throw new CommandFailed(`${file} does not fit "${model}": ${shownReasons(taken.faults)}`);
  const { plan, isExchanged, drawn, warnings } = taken;
  for (const warning of warnings) process.stderr.write(`pawl: warning: ${warning}\n`);
  if (plan !== null) {
    const lines = describeAdaption(plan).map((line) => `  ${line}\n`);
    const check = lines.some((line) => line.includes('(guessed'))
      ? '; correct what is guessed wrongly by "signature" in its definition'
      : '';
    process.stderr.write(`pawl: the import adapts ${file} to "${model}"${check}:\n${lines.join('')}`);
  }
  if (drawn !== null) {
    const lines = describeDrawn(drawn, definition.tensors?.inputs ?? {}).map((line) => `  ${line}\n`);
    const check = lines.some((line) => line.includes('(guessed'))
      ? '; correct what is guessed wrongly by "tensors.inputs"'
      : '';
    process.stderr.write(`pawl: without callers, made-up rows try "${model}"${check}:\n${lines.join('')}`);
  }
  const classes = labelSpaceOf(definition, dataset);
  if (isExchanged)
    process.stderr.write(
      `pawl: its classes are ${classCodes(classes).toReversed().join(', ')}: the import exchanges its two probabilities, so that the last is of ${positiveCode(classes)}\n`,
    );
  return whole;
}
