import { basename, relative } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { PawlError } from '../../contracts/errors.ts';
import { packageRoot } from '../../config/source-tree.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { timeFormats, wordsForMissing } from '../../policy/guess/candidates.ts';
import type { Entry } from '../../policy/guess/entry.ts';
import { guessProject, type ProjectGuess } from '../../policy/guess/guess-project.ts';
import { rowsFile, withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { CommandFailed } from '../errors.ts';
import { filesFor, requireFile, writeProject, type ProjectFiles } from '../init/write-project.ts';
import { fields, print, table } from '../output.ts';
import { checkRequest } from '../start-run.ts';

interface Options extends JsonOption {
  target: string;
  name?: string;
  dataset?: string;
  key?: string;
  time?: string;
}

export function initCommand(program: Command): void {
  withJson(program.command('init'))
    .argument('<file>', 'rows with a header: a CSV, Parquet or NDJSON file', rowsFile)
    .requiredOption('--target <column>', 'column with the label')
    .description('write dataset.yaml, a model definition and a datasheet from a file, each guess marked as one')
    .option('--name <model>', "name of the model (default: the file's name)", modelName)
    .option('--dataset <name>', "name of the dataset (default: the model's name)", modelName)
    .option('--key <column>', 'column that tells one row from another (default: guessed, else rows are numbered)')
    .option('--time <column>', 'column with the time of a row (default: guessed)')
    .action((file: string, options: Options) => withPorts((context) => init(context, file, options)));
}

async function init({ config, ports }: Context, file: string, options: Options): Promise<void> {
  await requireFile(file);
  const { target, name = nameOf(file), dataset = name, key, time } = options;
  const asked = { source: file, target, missing: wordsForMissing, times: timeFormats };
  const facts = await ports.tables.describeFile(asked).catch(withoutDefinition);
  const guess = guessProject(facts, { model: name, dataset, target, key, time });
  const files = await filesFor(config, { dataset, model: name }, file, guess.rowNumber !== null);
  await writeProject(ports.tables, files, file, facts.csv?.encoding, guess);
  await checkRequest(ports.definitions, { model: name });
  const next = `npx pawl run ${name} --watch`;
  const printed = {
    model: name,
    dataset,
    files,
    rows: guess.rows,
    labelled: guess.labelled,
    rowNumber: guess.rowNumber,
    guesses: guessesOf(guess),
    next,
  };
  print(options, printed, () => describe(config.project, guess, files, next));
}

/** What a run would declare under `csv` has no place yet. */
function withoutDefinition(error: unknown): never {
  if (!(error instanceof PawlError) || !error.message.includes('declare csv.')) throw error;
  throw new CommandFailed(
    `${error.message}. \`pawl init\` guesses neither of them: correct the file, or write dataset.yaml by hand`,
  );
}

function modelName(text: string): string {
  if (/^[a-z][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidArgumentError('a name has lower case letters, digits and dashes, and begins with a letter.');
}

/** The name of a file as that of a model. */
function nameOf(file: string): string {
  const plain = basename(file)
    .replace(/\..*$/, '')
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return /^[a-z]/.test(plain) ? plain : plain === '' ? 'model' : `model-${plain}`;
}

const guessesOf = (guess: ProjectGuess): { file: string; what: string; guess: unknown; why: string }[] => [
  ...[['dataset', guess.dataset] as const, ['model', guess.model] as const].flatMap(([file, entries]) =>
    entries
      .filter((entry): entry is Entry & { why: string } => entry.why !== undefined)
      .map(({ path, value, why }) => ({ file, what: path.join('.'), guess: value, why })),
  ),
  ...guess.undeclared.map(({ name, why }) => ({ file: 'dataset', what: `columns.${name}`, guess: null, why })),
];

function describe(project: string, guess: ProjectGuess, files: ProjectFiles, next: string): string {
  const place = (path: string): string => relative(project, path);
  return [
    fields([
      ['rows', `${place(files.rows)}: ${guess.rows} rows, ${guess.labelled} with a label`],
      ['dataset', place(files.dataset)],
      ['datasheet', `${place(files.datasheet)}: questions to answer`],
      ['model', place(files.model)],
    ]),
    '',
    table(
      ['GUESS', 'VALUE', 'WHY'],
      guessesOf(guess).map(({ what, guess, why }) => [what, valueText(guess), shownText(why, 200)]),
    ),
    '',
    `Each guess is a comment in its file: correct what is wrong. Then, with \`${upHere(project)}\` in another terminal:`,
    `  ${next}`,
  ].join('\n');
}

/** Another terminal does not know the PAWL_PROJECT of this one. */
const upHere = (project: string): string => {
  if (project === packageRoot) return 'npx pawl up';
  const quoted = /^[\w./-]+$/.test(project) ? project : `'${project.replaceAll("'", String.raw`'\''`)}'`;
  return `PAWL_PROJECT=${quoted} npx pawl up`;
};

/** A value on a line: a column by its type, kind and more. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'not declared';
  if (Array.isArray(value)) return shownText(value.join(', '), 60);
  if (typeof value !== 'object') return shortJson(value);
  const words = Object.entries(value).map(([key, part]) =>
    key === 'type' || key === 'kind' ? String(part) : part === true ? key : `${key} ${shortJson(part)}`,
  );
  return words.join(', ');
}

const shortJson = (value: unknown): string => {
  const text = Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : JSON.stringify(value);
  return shownText(text, 40);
};
