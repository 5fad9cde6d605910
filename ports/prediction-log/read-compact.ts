import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogSegment } from '../../contracts/prediction-log.ts';
import { literal, parquetFiles, withDuckDb } from './duckdb.ts';
import { labelTextSql } from './same-label.ts';
import type { LogStore } from './segments.ts';
import { vectorItems } from './vector-items.ts';

/** Kinds of rows, as numbers. */
export const predictionRow = 0;
export const mirrorRow = 1;
export const feedbackRow = 2;

const textCode = (text: string): string => `coalesce(enum_code((${text})::log_text)::integer, -1)`;

/** Columns by what they are made of, none ever null. */
const columns = {
  kind: {
    items: Int32Array,
    sql: `case kind when 'prediction' then ${predictionRow} when 'mirror' then ${mirrorRow} else ${feedbackRow} end`,
  },
  idHigh: { items: Uint32Array, sql: '(hash(id) >> 32)::uinteger' },
  idLow: { items: Uint32Array, sql: '(hash(id) & 4294967295)::uinteger' },
  keyHigh: { items: Uint32Array, sql: '(hash("key") >> 32)::uinteger' },
  keyLow: { items: Uint32Array, sql: '(hash("key") & 4294967295)::uinteger' },
  at: { items: Float64Array, sql: '"at"' },
  ms: { items: Float64Array, sql: 'coalesce(ms, 0)' },
  share: { items: Float64Array, sql: 'coalesce(share, 0)' },
  version: { items: Int32Array, sql: 'coalesce(version, 0)' },
  isCanary: { items: Int32Array, sql: `coalesce(arm = 'canary', false)::integer` },
  isError: { items: Int32Array, sql: '(error is not null)::integer' },
  label: { items: Int32Array, sql: textCode(labelTextSql) },
  release: { items: Int32Array, sql: textCode('release') },
  instance: { items: Int32Array, sql: textCode('instance') },
} as const;
type ColumnName = keyof typeof columns;
type Columns = { readonly [name in ColumnName]: InstanceType<(typeof columns)[name]['items']> };
const columnNames = Object.keys(columns) as ColumnName[];

/**
 * What a look needs of a segment's rows, column by column: 72 bytes a row. Ids and keys are halves of 64-bit hashes: a chance of
 * 3 in 10^8 that any two of a million meet. Labels (as `labelText`), releases and instances are numbers of `texts`, -1 for none.
 */
export interface CompactSegment extends Columns {
  readonly rows: number;
  readonly texts: readonly string[];
}

/** Reads segments in one query. */
export async function readCompact(store: LogStore, segments: readonly LogSegment[]): Promise<CompactSegment[]> {
  const paths = await Promise.all(segments.map(({ data }) => store.fetchFile(data)));
  const rowCount = segments.reduce((sum, { rows }) => sum + rows, 0);
  return withDuckDb({ memory: '512MB' }, async (connection) => {
    const files = parquetFiles(paths);
    const texts = await createTexts(connection, files);
    const whole = await readColumns(connection, files, rowCount);
    let start = 0;
    // Rows come in the order of the files.
    return segments.map(({ rows }) => ({ rows, texts, ...partOf(whole, start, (start += rows)) }));
  });
}

/** Creates the type `log_text` of the texts that repeat, so that each is made once. */
async function createTexts(connection: DuckDBConnection, files: string): Promise<string[]> {
  const found = await connection.runAndReadAll(
    `select distinct unnest([${labelTextSql}, release, instance]) as text from ${files} order by text`,
  );
  const texts = found.getRows().flatMap(([text]) => (typeof text === 'string' ? [text] : []));
  await connection.run(`create type log_text as enum (${texts.map(literal).join(', ')})`);
  return texts;
}

async function readColumns(connection: DuckDBConnection, files: string, rowCount: number): Promise<Columns> {
  const read = columnsOf((name) => new columns[name].items(rowCount));
  const select = columnNames.map((name) => `${columns[name].sql} as ${name}`);
  const result = await connection.stream(`select ${select.join(', ')} from ${files}`);
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    if (start + chunk.rowCount <= rowCount)
      for (const [i, name] of columnNames.entries()) read[name].set(vectorItems(chunk.getColumnVector(i)), start);
    start += chunk.rowCount;
  }
  if (start === rowCount) return read;
  throw new Error(`segments of the prediction log hold ${start} rows, where their pointers say ${rowCount}`);
}

/** A copy, so that one segment does not keep those in memory that were read with it. */
const partOf = (whole: Columns, start: number, end: number): Columns =>
  columnsOf((name) => whole[name].slice(start, end));

const columnsOf = (items: (name: ColumnName) => Float64Array | Int32Array | Uint32Array): Columns =>
  Object.fromEntries(columnNames.map((name) => [name, items(name)])) as unknown as Columns;
