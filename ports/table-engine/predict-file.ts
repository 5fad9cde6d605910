import { rename, rm } from 'node:fs/promises';
import { DuckDBDataChunk, type DuckDBType, BIGINT, BOOLEAN, DOUBLE, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import { PawlError } from '../../contracts/errors.ts';
import type { ColumnData, Frame } from '../../contracts/frame.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Tensor, TensorSpec, TensorType } from '../../contracts/tensor.ts';
import { identifier, type Database, type FileColumn } from './connection.ts';
import type { TableEngine } from './port.ts';
import { readingSource, sourceRelation } from './source.ts';

type PredictJob = Parameters<TableEngine['predictFile']>[0];

/** Rows that are given to the model at once; DuckDB hands them out by 2,048. */
const rowsPerPass = 8_192;

const added = ['prediction', 'probability', 'model_version'] as const;

/** Streams the columns that a model takes through it, and writes the file again with what it said, in the same order. */
export async function predictFile(database: Database, job: PredictJob): Promise<{ rows: number }> {
  const { source, target, signature, version } = job;
  const label = signature.outputs.find(({ name }) => name === 'label');
  const labelType = label === undefined ? VARCHAR : typeOf(label.type);
  return readingSource(source, async () => {
    const relation = await sourceRelation(database, source);
    const found = await database.columns(relation);
    checkColumns(source, signature.inputs, found);
    await database.run(`create table pawl_said (prediction ${String(labelType)}, probability double)`);
    const rows = await predictAll(database, job, relation, found, labelType);
    const partial = `${target}.${process.pid}.partial`;
    try {
      await database.run(
        `copy (select s.*, p.prediction, p.probability, ${version}::integer as model_version from ${relation} s positional join pawl_said p) to $1 (format parquet, compression zstd)`,
        [partial],
      );
      await rename(partial, target);
    } finally {
      await rm(partial, { force: true });
    }
    return { rows };
  });
}

async function predictAll(
  database: Database,
  { signature, run, onRows }: PredictJob,
  relation: string,
  found: readonly FileColumn[],
  labelType: DuckDBType,
): Promise<number> {
  const readings: string[] = [];
  for (const spec of signature.inputs)
    readings.push(readingOf(spec, found, await database.value(`column "${spec.name}" holds "`)));
  const select = readings.join(', ');
  const result = await database.connection.stream(`select ${select} from ${relation}`);
  const writer = await database.another();
  const appender = await writer.createAppender('pawl_said');
  let rows = 0;
  let waiting: DuckDBDataChunk[] = [];
  const flush = async (): Promise<void> => {
    const frame = frameOf(signature.inputs, waiting);
    waiting = [];
    if (frame.rowCount === 0) return;
    const outputs = await run(frame);
    for (let from = 0; from < frame.rowCount; from += 2_048) {
      const to = Math.min(frame.rowCount, from + 2_048);
      const chunk = DuckDBDataChunk.create([labelType, DOUBLE]);
      chunk.setColumns([
        labelsOf(outputs.label, from, to),
        probabilitiesOf(outputs.probabilities, frame.rowCount, from, to),
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
function checkColumns(source: string, inputs: readonly TensorSpec[], found: readonly FileColumn[]): void {
  const names = found.map(({ name }) => name);
  const missing = inputs.filter(({ name }) => !names.includes(name)).map(({ name }) => name);
  const invalid = (message: string): PawlError => new PawlError(errorTypes.invalidData, message, { source });
  if (missing.length > 0) throw invalid(`${source} lacks ${missing.join(', ')}: it holds ${names.join(', ')}`);
  const hidden = added.filter((name) => names.includes(name));
  if (hidden.length > 0)
    throw invalid(`${source} has a column ${hidden.join(', ')} already: rename it, the answer stands there`);
  const wide = inputs.filter(({ shape }) => shape.length !== 2 || shape[0] !== null || shape[1] !== 1);
  if (wide.length > 0)
    throw invalid(
      `the model takes ${wide.map(({ name }) => name).join(', ')} of several values: only columns of one value can be read`,
    );
}

/**
 * A column as the model takes it: text, where whole numbers have no decimals, or a number; missing is empty or NaN. Text that is no
 * number makes the query fail with a message that begins with `fault` and names the column: it is not missing.
 */
function readingOf({ name, type }: TensorSpec, found: readonly FileColumn[], fault: string): string {
  const column = identifier(name);
  const fileType = found.find((file) => file.name === name)?.type ?? '';
  if (type !== 'string') {
    if (/^(FLOAT|DOUBLE|DECIMAL|U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT))/.test(fileType))
      return `coalesce(${column}::double, 'nan'::double)`;
    const text = `trim((${column})::varchar)`;
    const said = `${fault} || ${text} || '" where the model takes a number'`;
    return `case when ${text} is null or ${text} = '' then 'nan'::double else coalesce(try_cast(${column} as double), error(${said})) end`;
  }
  const isFloat = /^(FLOAT|DOUBLE|DECIMAL)/.test(fileType);
  const text = isFloat
    ? `case when ${column} = trunc(${column}) then ${column}::bigint::varchar else ${column}::varchar end`
    : `${column}::varchar`;
  return `coalesce(${text}, '')`;
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

function typeOf(type: TensorType): DuckDBType {
  if (type === 'string') return VARCHAR;
  if (type === 'bool') return BOOLEAN;
  return type.startsWith('float') ? DOUBLE : BIGINT;
}

function labelsOf(label: Tensor | undefined, from: number, to: number): DuckDBValue[] {
  if (label === undefined) return Array.from({ length: to - from }, () => null);
  const { type, data } = label;
  return Array.from({ length: to - from }, (_, row): DuckDBValue => {
    const value = data[from + row] ?? null;
    if (value === null || typeof value === 'string') return value;
    if (type === 'bool') return value !== 0;
    return type.startsWith('float') ? Number(value) : BigInt(value);
  });
}

/** Of the positive class: the last of one or two; null where the model gives no such output. */
function probabilitiesOf(tensor: Tensor | undefined, rows: number, from: number, to: number): DuckDBValue[] {
  const width = (tensor?.data.length ?? 0) / rows;
  return Array.from({ length: to - from }, (_, row) =>
    tensor === undefined || (width !== 1 && width !== 2) ? null : Number(tensor.data[(from + row + 1) * width - 1]),
  );
}
