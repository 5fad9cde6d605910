import type { Command } from 'commander';
import { unknownModel } from '../../contracts/errors.ts';
import { shownLines } from '../../contracts/shown-text.ts';
import { LogQueryError, type LogAnswer, type PlainValue } from '../../ports/prediction-log/queries-port.ts';
import { modelLimits } from '../../gateway/models/model-limits.ts';
import { replayMirrors, unmirroredSql, type UnmirroredRow } from '../../gateway/inference/replay.ts';
import { openServingPorts } from '../../ports/open-serving-ports.ts';
import { age, withJson, type JsonOption } from '../arguments.ts';
import { withPorts, type Context } from '../context.ts';
import { CommandFailed, UsageError } from '../errors.ts';
import { knownModels } from '../known-models.ts';
import { fields, table } from '../output.ts';
import { shortenedTensors } from '../shortened-tensors.ts';
import { sendLabels, type LabelOptions } from './log-label.ts';

interface LogOptions extends JsonOption {
  model?: string;
  since?: number;
}

/** Rows that a table shows; JSON has all. */
const shownRows = 1_000;
/** Digits of a number with a fraction that a table shows; JSON has all. */
const shownDigits = 7;

export function logCommand(program: Command): void {
  const log = program.command('log').description('the prediction log: what was asked and answered');
  withScope(log.command('query'))
    .argument('<sql>', 'a SELECT over the view "log", in the words of DuckDB')
    .description('ask the prediction log by SQL')
    .addHelpText('after', columnsHelp)
    .action((sql: string, options: LogOptions) => withPorts((context) => query(context, sql, options)));
  withScope(log.command('find'))
    .argument('<request>', 'id of a request (`x-request-id` of its answer), or `<id>/<row>` for one of its rows')
    .description('what is known of a request: prediction, mirrored request, feedback')
    .action((request: string, options: LogOptions) => withPorts((context) => find(context, request, options)));
  withJson(log.command('label'))
    .argument(
      '<file>',
      'NDJSON, or CSV with a header: request_id, or key and time; label, value, model (.ndjson or .csv)',
    )
    .description('send the labels of a file to a gateway')
    .option('--url <url>', 'of the gateway (default: that of this project)')
    .option('--token-file <path>', 'file with the bearer token of a labeller')
    .action((file: string, options: LabelOptions) => sendLabels(file, options));
  withScope(log.command('replay'))
    .argument('<model>', 'a model')
    .description('answer the mirrored requests that were dropped under load in a release, from the inputs in the log')
    .action((model: string, options: LogOptions) => withPorts((context) => replay(context, { ...options, model })));
}

const columnsHelp = `
Columns: time, kind (prediction, mirror, feedback), id, request, key, "at" (milliseconds; a word of SQL, so quoted), model, version, arm,
share, seq, release, instance, ms, model_ms, error, label, probability, value, source and asked (of a feedback), inputs and outputs (JSON: inputs->>'$.age').
The query can only read, and reads only the log.

  pawl log query "select version, count(*), avg(ms) from log where kind = 'prediction' group by version" --since 1h`;

const withScope = (command: Command): Command =>
  withJson(command)
    .option('--model <model>', 'only the log of this model (default: of every model)')
    .option('--since <age>', 'only what is not older, such as 30m, 1h or 7d (default: everything)', age);

async function query(context: Context, sql: string, options: LogOptions): Promise<void> {
  const since = options.since === undefined ? 0 : Date.now() - options.since;
  await ask(context, options, since, sql, [], (answer) =>
    options.json === true ? printJson(answer) : printTable(answer),
  );
}

/** Ages at which a request is looked for where none is given, in milliseconds: the longer ago, the more there is to read. */
const lookBack = [900_000, 86_400_000, Infinity];

async function find(context: Context, request: string, options: LogOptions): Promise<void> {
  const sql = `select * from log where id = $1 or request = $1 or starts_with(id, $1 || '/') order by "at", id, kind desc`;
  for (const back of options.since === undefined ? lookBack : [options.since]) {
    const since = Math.max(0, Date.now() - back);
    const rows = await ask(context, options, since, sql, [request], recordsOf);
    // Feedback is younger than what it is for.
    if (back !== Infinity && options.since === undefined && !rows.some(({ kind }) => kind === 'prediction')) continue;
    if (rows.length === 0) break;
    process.stdout.write(
      `${options.json === true ? JSON.stringify(rows) : shownLines(rows.map(describe).join('\n\n'))}\n`,
    );
    if (
      options.json !== true &&
      rows.some((row) => Object.values(row).some((value) => shortenedTensors(value) !== null))
    )
      process.stderr.write('pawl: the first values of long tensors are shown: --json prints all\n');
    return;
  }
  throw new CommandFailed(
    `the prediction log knows no request "${request}"${options.since === undefined ? '' : ' that young'}: ` +
      `a gateway on another machine hands over what it answered within seconds`,
  );
}

async function ask<T>(
  context: Context,
  { model }: LogOptions,
  since: number,
  sql: string,
  parameters: readonly string[],
  take: (answer: LogAnswer) => Promise<T>,
): Promise<T> {
  const { ports, config } = context;
  const known = await knownModels(context);
  if (model !== undefined && !known.includes(model)) throw unknownModel(model, known, config.models);
  const models = model === undefined ? known : [model];
  try {
    return await ports.logQueries.query({ models, since }, sql, parameters, take);
  } catch (error) {
    if (error instanceof LogQueryError) throw new UsageError(error.message);
    throw error;
  }
}

async function replay(context: Context, options: LogOptions & { model: string }): Promise<void> {
  const since = options.since === undefined ? 0 : Date.now() - options.since;
  const rows = await ask(context, options, since, unmirroredSql, [], recordsOf);
  const ports = openServingPorts(context.config);
  const limits = modelLimits(context.config.gateway);
  try {
    const found = await replayMirrors({ ...ports, limits }, options.model, rows as unknown as UnmirroredRow[]);
    const text = `${found.answered} mirrors were answered and added to the log, ${found.failed} failed`;
    process.stdout.write(`${options.json === true ? JSON.stringify({ model: options.model, ...found }) : text}\n`);
  } finally {
    await ports.close();
  }
}

type Row = Readonly<Record<string, PlainValue>>;

const rowOf = ({ columns }: LogAnswer, values: readonly PlainValue[]): Row =>
  Object.fromEntries(columns.map((name, i) => [name, values[i] ?? null]));

async function recordsOf(answer: LogAnswer): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of answer.batches) for (const values of batch) rows.push(rowOf(answer, values));
  return rows;
}

/** One line, written as the rows come: an answer may be larger than memory. */
async function printJson(answer: LogAnswer): Promise<void> {
  let separator = '[';
  for await (const batch of answer.batches)
    for (const values of batch) {
      await write(`${separator}${JSON.stringify(rowOf(answer, values))}`);
      separator = ',';
    }
  await write(separator === '[' ? '[]\n' : ']\n');
}

const write = (text: string): Promise<void> | void => {
  if (!process.stdout.write(text)) return new Promise((resolve) => process.stdout.once('drain', resolve));
};

async function printTable(answer: LogAnswer): Promise<void> {
  const rows: string[][] = [];
  let isMore = false;
  for await (const batch of answer.batches) {
    rows.push(...batch.slice(0, shownRows - rows.length).map((values) => values.map(cellOf)));
    isMore = rows.length === shownRows;
    if (isMore) break;
  }
  process.stdout.write(`${table(answer.columns, rows, 'no rows')}\n`);
  if (isMore)
    process.stderr.write(`pawl: the first ${shownRows} rows are shown: --json prints all, LIMIT chooses fewer\n`);
}

const describe = (row: Row): string =>
  fields(
    Object.entries(row).flatMap(([name, value]) =>
      value === null ? [] : [[name, cellOf(shortenedTensors(value) ?? value)]],
    ),
  );

/** What clients sent must not steer the terminal. */
const cellOf = (value: PlainValue): string => {
  const text =
    value === null
      ? ''
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(
            typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(shownDigits)) : value,
          );
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
};
