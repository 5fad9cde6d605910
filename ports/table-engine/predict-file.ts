import { rename, rm } from 'node:fs/promises';
import { DuckDBDataChunk, type DuckDBType, BIGINT, BOOLEAN, DOUBLE, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import { numberOfHalf } from '../../codec/float16.ts';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Tensor, TensorSpec } from '../../contracts/data/tensor.ts';
import { columnSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { knownLabels, wordOf, type LabelSpace } from '../../contracts/data/label-space.ts';
import { acceptedOf, float32Limit } from '../../contracts/data/cell.ts';
import { checkNumbers } from '../../ml/tasks/check-numbers.ts';
import { countFaults, examplesOf, unreadableCells } from './cell-faults.ts';
import { countOf, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';
import { formOf } from './file-form.ts';
import type { TableEngine } from './port.ts';
import { finite, valuesOf } from './typed-values.ts';
import { readingSource, sourceRelation } from './source.ts';

type PredictJob = Parameters<TableEngine['predictFile']>[0];
type PredictedFile = Awaited<ReturnType<TableEngine['predictFile']>>;

/** Rows that are given to the model at once; DuckDB hands them out by 2,048. */
const rowsPerPass = 8_192;

const always = ['prediction', 'probability', 'model_version'] as const;

/** Names of the columns of quantiles; none of other tasks. */
const quantilesOf = (space: LabelSpace): string[] =>
  space.kind === 'numbers' ? (space.levels ?? []).map((level) => `quantile_${level}`) : [];

/** Streams the columns that a model takes through it, and writes the file again with what it said, in the same order. */
export async function predictFile(database: Database, job: PredictJob): Promise<PredictedFile> {
  const { source, target, signature, dataset, labelSpace, version } = job;
  const format = formOf(target);
  await database.inTimeZone(dataset.timezone);
  const labelType = labelSpace.kind === 'numbers' ? DOUBLE : typeOf(labelSpace.rule);
  return readingSource(source, async () => {
    const columns = signature.inputs.map(({ name }) => name);
    const { relation } = await sourceRelation(database, source, {
      csv: dataset.csv,
      columns,
      declared: dataset.columns,
    });
    const found = await database.columns(relation);
    checkColumns(source, signature.inputs, found, [...always, ...quantilesOf(labelSpace)]);
    const notes = await checkCells(database, job, relation, found);
    const quantiles = quantilesOf(labelSpace).map((name) => `"${name}"`);
    const numbers = ['probability', ...quantiles].map((name) => `${name} double`);
    await database.run(`create table pawl_said (prediction ${String(labelType)}, ${numbers.join(', ')})`);
    const rows = await predictAll(database, job, relation, found, labelType);
    const isJson = format.startsWith('format json');
    const values = format.startsWith('format csv')
      ? ['s.*']
      : await valuesOf(database, relation, found, dataset, isJson);
    const said = ['probability', ...quantiles].map((name) =>
      isJson ? `${finite(`p.${name}`)} as ${name}` : `p.${name}`,
    );
    const partial = `${target}.${process.pid}.partial`;
    try {
      await database.run(
        `copy (select ${values.join(', ')}, p.prediction, ${said.join(', ')}, ${version}::integer as model_version from ${relation} s positional join pawl_said p) to $1 (${format})`,
        [partial],
      );
      await rename(partial, target);
    } finally {
      await rm(partial, { force: true });
    }
    return { rows, ...notes };
  });
}

async function predictAll(
  database: Database,
  { signature, dataset, labelSpace, run, onRows }: PredictJob,
  relation: string,
  found: readonly FileColumn[],
  labelType: DuckDBType,
): Promise<number> {
  const select = signature.inputs.map((spec) => inputOf(database, spec, found, dataset)).join(', ');
  const result = await database.stream(`select ${select} from ${relation}`);
  const writer = await database.another();
  const appender = await writer.createAppender('pawl_said');
  let rows = 0;
  let waiting: DuckDBDataChunk[] = [];
  const flush = async (): Promise<void> => {
    const frame = frameOf(signature.inputs, waiting);
    waiting = [];
    if (frame.rowCount === 0) return;
    const outputs = await run(frame);
    checkNumbers(outputs, frame.rowCount, rows);
    for (let from = 0; from < frame.rowCount; from += 2_048) {
      const to = Math.min(frame.rowCount, from + 2_048);
      const levels = quantilesOf(labelSpace);
      const chunk = DuckDBDataChunk.create([labelType, DOUBLE, ...levels.map(() => DOUBLE)]);
      chunk.setColumns([
        labelsOf(outputs.label ?? outputs.prediction, labelSpace, from, to),
        probabilitiesOf(outputs.probabilities, frame.rowCount, from, to),
        ...levels.map((_, place) =>
          Array.from({ length: to - from }, (__, row) =>
            outputs.quantiles === undefined ? null : numberAt(outputs.quantiles, (from + row) * levels.length + place),
          ),
        ),
      ]);
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
  if (missing.length > 0) throw invalid(`${source} lacks ${missing.join(', ')}: it holds ${names.join(', ')}`);
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const hidden = added.filter((name) => taken.has(name));
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
  relation: string,
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
          `${unreadableCells(column.wrong, column)} (${await examplesOf(database, relation, column)}): write ${acceptedOf[column.declared.type]}`,
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

function typeOf({ type }: LabelSpace['rule']): DuckDBType {
  switch (type) {
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return BIGINT;
    case 'number':
      return DOUBLE;
    case 'string':
    case 'timestamp':
      return VARCHAR;
  }
}

/** In the target's own words, and numbers as they are; null where the model gives no such output. Throws `InvalidModelError` for a label that is none of the target's. */
function labelsOf(label: Tensor | undefined, labelSpace: LabelSpace, from: number, to: number): DuckDBValue[] {
  if (label === undefined) return Array.from({ length: to - from }, () => null);
  const { type, data } = label;
  if (labelSpace.kind === 'numbers') return Array.from({ length: to - from }, (_, row) => numberAt(label, from + row));
  const words = new Map<unknown, DuckDBValue>();
  return Array.from({ length: to - from }, (_, row): DuckDBValue => {
    const value = data[from + row];
    let word = words.get(value);
    if (word === undefined) {
      const found = wordOf(type === 'bool' ? value !== 0 : value, labelSpace);
      if (found === null)
        throw new PawlError(
          errorTypes.invalidModel,
          `the model answers the label ${JSON.stringify(String(value))}, and "${labelSpace.target}" knows ${knownLabels(labelSpace)}: release a version with these labels`,
        );
      word = labelSpace.rule.type === 'integer' ? BigInt(found) : found;
      words.set(value, word);
    }
    return word;
  });
}

/** Of the positive class: the last of one or two; null where the model gives no such output. */
function probabilitiesOf(tensor: Tensor | undefined, rows: number, from: number, to: number): DuckDBValue[] {
  const width = (tensor?.data.length ?? 0) / rows;
  return Array.from({ length: to - from }, (_, row) =>
    tensor === undefined || (width !== 1 && width !== 2) ? null : numberAt(tensor, (from + row + 1) * width - 1),
  );
}

function numberAt({ type, data }: Tensor, place: number): number {
  const value = Number(data[place]);
  return type === 'float16' ? numberOfHalf(value) : value;
}
