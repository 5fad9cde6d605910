import { rename, rm } from 'node:fs/promises';
import { DuckDBDataChunk } from '@duckdb/node-api';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { TensorSpec } from '../../contracts/data/tensor.ts';
import { columnMeant } from '../../contracts/did-you-mean.ts';
import { shownNames, shownText } from '../../contracts/shown-text.ts';
import { columnSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { float32Limit } from '../../contracts/data/cell.ts';
import { answerColumns, type AnswerColumn } from './answer-columns.ts';
import { countFaults, examplesOf, instead, unreadableCells } from './cell-faults.ts';
import { countOf, identifier, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';
import { formOf } from './file-form.ts';
import { OddAnswers } from './odd-answers.ts';
import type { TableEngine } from './port.ts';
import { valuesOf } from './typed-values.ts';
import { readingSource, sourceRelation, type SourceRelation } from './source.ts';

type PredictJob = Parameters<TableEngine['predictFile']>[0];
type PredictedFile = Awaited<ReturnType<TableEngine['predictFile']>>;

/** What DuckDB hands out and takes at once. */
const rowsPerChunk = 2_048;
/** Rows that are given to the model at once. */
const rowsPerPass = 4 * rowsPerChunk;

/** Streams the columns that a model takes through it, and writes the file again with what it said, in the same order. */
export async function predictFile(database: Database, job: PredictJob): Promise<PredictedFile> {
  const { source, target, signature, dataset, labelSpace, version } = job;
  const format = formOf(target);
  await database.inTimeZone(dataset.timezone);
  return readingSource(source, async () => {
    const columns = signature.inputs.map(({ name }) => name);
    const { relation, csv } = await sourceRelation(database, source, {
      csv: dataset.csv,
      columns,
      declared: dataset.columns,
    });
    const found = await database.columns(relation);
    const answers = answerColumns(labelSpace);
    const added = [...answers.map(({ name }) => name), 'model_version'];
    checkColumns(source, signature.inputs, found, added);
    const notes = await checkCells(database, job, { relation, csv }, found);
    const types = answers.map(({ name, type }) => `${identifier(name)} ${String(type)}`);
    await database.run(`create table pawl_said (${types.join(', ')})`);
    const rows = await predictAll(database, job, relation, found, answers);
    const values = format.startsWith('format csv')
      ? ['*']
      : await valuesOf(database, relation, found, dataset, format.startsWith('format json'));
    const partial = `${target}.${process.pid}.partial`;
    try {
      await database.run(
        `copy (select s.*, p.*, ${version}::integer as model_version from (select ${values.join(', ')} from ${relation}) s positional join pawl_said p) to $1 (${format})`,
        [partial],
      );
      await rename(partial, target);
    } finally {
      await rm(partial, { force: true });
    }
    return { rows, added, ...notes };
  });
}

async function predictAll(
  database: Database,
  { source, signature, dataset, run, onRows }: PredictJob,
  relation: string,
  found: readonly FileColumn[],
  answers: readonly AnswerColumn[],
): Promise<number> {
  const select = signature.inputs.map((spec) => inputOf(database, spec, found, dataset)).join(', ');
  const result = await database.stream(`select ${select} from ${relation}`);
  const writer = await database.another();
  const appender = await writer.createAppender('pawl_said');
  const odd = new OddAnswers();
  let rows = 0;
  let waiting: DuckDBDataChunk[] = [];
  const flush = async (): Promise<void> => {
    const frame = frameOf(signature.inputs, waiting);
    waiting = [];
    if (frame.rowCount === 0) return;
    const outputs = await run(frame);
    const values = answers.map((column) => column.read(outputs, frame.rowCount, rows + 1));
    odd.look(frame, rows + 1, answers, values);
    for (let from = 0; from < frame.rowCount; from += rowsPerChunk) {
      const chunk = DuckDBDataChunk.create(answers.map(({ type }) => type));
      chunk.setColumns(values.map((column) => column.slice(from, from + rowsPerChunk)));
      appender.appendDataChunk(chunk);
    }
    rows += frame.rowCount;
    onRows(rows);
  };
  try {
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      waiting.push(chunk);
      if (waiting.reduce((sum, { rowCount }) => sum + rowCount, 0) >= rowsPerPass) await flush();
    }
    await flush();
    appender.closeSync();
  } finally {
    writer.closeSync();
  }
  await odd.refuse(database, source, rows, { relation, found, dataset });
  return rows;
}

/** Throws `InvalidDataError` for a column that the file lacks, or that the answer would hide. */
function checkColumns(
  source: string,
  inputs: readonly TensorSpec[],
  found: readonly FileColumn[],
  added: readonly string[],
): void {
  const names = found.map(({ name }) => name);
  const missing = inputs.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidData, message, { source });
  if (missing.length > 0) {
    const meant = missing.map((name) => {
      const other = columnMeant(name, names);
      return other === null || inputs.some((input) => input.name === other)
        ? name
        : `${name} (is it "${shownText(other)}"?)`;
    });
    throw invalid(`${source} lacks ${shownNames(meant)}: it holds ${shownNames(names)}`);
  }
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const hidden = added.filter((name) => taken.has(name.toLowerCase()));
  if (hidden.length > 0)
    throw invalid(`${source} has a column ${hidden.join(', ')} already: rename it, the answer goes there`);
  const wide = inputs.filter(({ shape }) => shape.length !== 2 || shape[0] !== null || shape[1] !== 1);
  if (wide.length > 0)
    throw invalid(
      `the model takes ${wide.map(({ name }) => name).join(', ')} of several values: only columns of one value can be read`,
    );
}

/**
 * Counts what the model is asked about all the same, by column. Throws `InvalidDataError` with counts and examples for cells that cannot be read
 * as their type or are too large for the model, and for missing ones that the dataset does not allow.
 */
async function checkCells(
  database: Database,
  { source, signature, dataset, strict }: PredictJob,
  { relation, csv }: Pick<SourceRelation, 'relation' | 'csv'>,
  found: readonly FileColumn[],
): Promise<Pick<PredictedFile, 'missing' | 'outside' | 'unknown'>> {
  const columns = signature.inputs.flatMap(({ name, type }) => {
    const file = found.find((column) => column.name === name);
    const declared = dataset.columns[name];
    if (file === undefined || declared === undefined) return [];
    const { wrongType, number } = readingOf(database.bind, file, declared);
    const tooLarge =
      type === 'float32' && declared.type !== 'boolean' ? ` or coalesce(abs(${number}) >= ${float32Limit}, false)` : '';
    return [{ file, declared, wrongType: `(coalesce(${wrongType}, false)${tooLarge})` }];
  });
  const counted = await countFaults(database, relation, columns);
  const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidData, message, { source });
  const wrong = counted.filter((column) => column.wrong > 0);
  if (wrong.length > 0) {
    const shown = wrong
      .slice(0, mostShown)
      .map(
        async (column) =>
          `${unreadableCells(column.wrong, column)} (${await examplesOf(database, relation, column)}): ${instead(column.declared, csv ?? {})}`,
      );
    throw invalid(
      `${source}: ${listed(await Promise.all(shown), wrong.length, '; ')}. Correct the file, or leave the cells empty`,
    );
  }
  const missing = counted.filter((column) => strict && column.missing > 0 && !column.declared.nullable);
  if (missing.length > 0) {
    const shown = missing.slice(0, mostShown).map(({ file, missing }) => `"${file.name}" in ${missing}`);
    const rows = countOf((await database.row(`select count(*) from ${relation}`))[0]);
    throw invalid(
      `${source} has missing values which the dataset does not allow: ${listed(shown, missing.length, ', ')} of ${rows} rows. Fill them in, declare the columns nullable and train again, or set serving.strict to false`,
    );
  }
  const by = (what: 'missing' | 'outside' | 'unknown'): Record<string, number> =>
    Object.fromEntries(counted.filter((column) => column[what] > 0).map((column) => [column.file.name, column[what]]));
  return { missing: by('missing'), outside: by('outside'), unknown: by('unknown') };
}

const mostShown = 10;
const listed = (shown: readonly string[], all: number, by: string): string =>
  `${shown.join(by)}${all > shown.length ? ` and ${all - shown.length} more columns` : ''}`;

/**
 * A column as the model takes it, read as `contracts/data/cell.ts` says: a code, or a number; missing is empty or NaN. A value that is not a number,
 * or too large for the model, makes the query fail with a message that names the column: it is not missing.
 */
function inputOf(
  database: Database,
  { name, type }: TensorSpec,
  found: readonly FileColumn[],
  dataset: DatasetDefinition,
): string {
  const { bind } = database;
  const file = found.find((column) => column.name === name) ?? { name, type: 'VARCHAR' };
  const declared = dataset.columns[name] ?? columnSchema.parse({ type: 'string', kind: 'categorical' });
  if (type === 'string') return `coalesce(${readingOf(database.bind, file, declared).code}, '')`;
  const { text, number, code } = readingOf(database.bind, file, declared);
  const value =
    declared.type === 'boolean' ? `(case ${code} when 'true' then 1.0 when 'false' then 0.0 end)::double` : number;
  const limit = type === 'float32' ? ` or abs(${value}) >= ${float32Limit}` : '';
  const said = `${bind(`column "${name}" holds "`)} || ${text} || ${bind(`", which is not a number that the model can take (${type}): correct it, or leave the cell empty`)}`;
  return `case when ${text} is null then 'nan'::double when ${value} is null${limit} then error(${said}) else ${value} end`;
}

function frameOf(inputs: readonly TensorSpec[], chunks: readonly DuckDBDataChunk[]): Frame {
  const rowCount = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const columns = inputs.map(({ name, type }, i): [string, ColumnData] => {
    if (type === 'string')
      return [name, { type: 'string', values: chunks.flatMap((chunk) => chunk.getColumnValues(i).map(String)) }];
    const values = new Float64Array(rowCount);
    let at = 0;
    for (const chunk of chunks) {
      const vector = chunk.getColumnVector(i);
      for (let row = 0; row < chunk.rowCount; row++) values[at++] = Number(vector.getItem(row));
    }
    return [name, { type: 'number', values }];
  });
  return { rowCount, columns: Object.fromEntries(columns) };
}
