import { DuckDBDataChunk, FLOAT, DOUBLE, BIGINT, BOOLEAN, VARCHAR, INTEGER, type DuckDBType } from '@duckdb/node-api';
import { inSlices } from '../../../contracts/in-slices.ts';
import { valueOf, type LabelSpace } from '../../../contracts/data/label-space.ts';
import type { Frame } from '../../../contracts/data/frame.ts';
import { columnOf, numbersOf, textsOf } from '../../../ml/training/encoding.ts';
import type { DuckDb } from '../../duckdb.ts';
import { identifier } from '../../sql.ts';
import type { TrainingJob } from '../port.ts';

type Value = number | string | bigint | boolean | null;

interface Column {
  readonly name: string;
  readonly type: DuckDBType;
  readonly at: (row: number) => Value;
}

export interface RowsToWrite {
  readonly frame: Frame;
  readonly labels: Float64Array;
  readonly weights: Float64Array | null;
  readonly queries: Int32Array | null;
}

/** Names of the columns besides the features; none of them is one. */
export interface OtherColumns {
  readonly target: string;
  readonly weight: string | null;
  readonly query: string | null;
}

const rowsPerChunk = 2048;
const chunksPerTurn = 8;

/** Writes rows to a Parquet file as `job.json` describes them. Throws the signal's reason between chunks. */
export async function writeRows(
  { connection }: DuckDb,
  target: string,
  rows: RowsToWrite,
  { features, labelSpace }: Pick<TrainingJob, 'features' | 'labelSpace'>,
  names: OtherColumns,
  signal: AbortSignal,
): Promise<void> {
  const columns = await inSlices(columnsOf(rows, features, labelSpace, names), signal);
  const table = 'rows_to_write';
  const declared = columns.map(({ name, type }) => `${identifier(name)} ${type.toString()}`).join(', ');
  await connection.run(`create or replace temp table ${table} (${declared})`);
  const appender = await connection.createAppender(table);
  try {
    for (let from = 0, chunks = 0; from < rows.frame.rowCount; from += rowsPerChunk, chunks += 1) {
      if (chunks % chunksPerTurn === 0) await new Promise<void>((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      const count = Math.min(rowsPerChunk, rows.frame.rowCount - from);
      const chunk = DuckDBDataChunk.create(columns.map(({ type }) => type));
      chunk.setColumns(columns.map(({ at }) => Array.from({ length: count }, (_, i) => at(from + i))));
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
  await connection.run(`copy ${table} to $1 (format parquet)`, [target]);
  await connection.run(`drop table ${table}`);
}

/** A column is a step. */
function* columnsOf(
  { frame, labels, weights, queries }: RowsToWrite,
  features: TrainingJob['features'],
  space: LabelSpace,
  { target, weight, query }: OtherColumns,
): Generator<void, Column[], void> {
  const found: Column[] = [];
  for (const { name, column } of features) {
    const data = columnOf(frame, name);
    found.push(column.kind === 'numeric' ? numberColumn(name, numbersOf(data)) : textColumn(name, textsOf(data)));
    yield;
  }
  found.push({ name: target, ...labelColumn(labels, space) });
  if (weight !== null) found.push({ name: weight, type: DOUBLE, at: (row) => weights?.[row] ?? 1 });
  if (query !== null) found.push({ name: query, type: INTEGER, at: (row) => queries![row]! });
  return found;
}

const numberColumn = (name: string, values: Float64Array): Column => ({
  name,
  type: FLOAT,
  at: (row) => (Number.isNaN(values[row]!) ? null : values[row]!),
});

const textColumn = (name: string, values: readonly string[]): Column => ({
  name,
  type: VARCHAR,
  at: (row) => values[row]!,
});

/** In the target's own words. */
function labelColumn(labels: Float64Array, space: LabelSpace): Pick<Column, 'type' | 'at'> {
  if (space.kind === 'numbers') return { type: DOUBLE, at: (row) => labels[row]! };
  switch (space.rule.type) {
    case 'boolean':
      return { type: BOOLEAN, at: (row) => valueOf(labels[row]!, space) };
    case 'integer':
      return { type: BIGINT, at: (row) => BigInt(valueOf(labels[row]!, space)) };
    case 'number':
      return { type: DOUBLE, at: (row) => valueOf(labels[row]!, space) };
    case 'string':
    case 'timestamp':
      return { type: VARCHAR, at: (row) => String(valueOf(labels[row]!, space)) };
  }
}
