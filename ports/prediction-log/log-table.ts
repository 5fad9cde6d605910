import {
  DOUBLE,
  DuckDBDataChunk,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBVector,
} from '@duckdb/node-api';
import { logColumns, type LogColumn, type LogRow } from '../../contracts/prediction-log.ts';

/** Rows that are handed over at once: few, so that what they hold is garbage before it is old. */
const chunkRows = 256;
/** Texts that most rows share go in as numbers of a list of texts. */
const coded = ['kind', 'model', 'arm', 'release', 'instance', 'error', 'label'] as const;
const integers = ['version', 'seq'] as const;
const doubles = ['at', 'share', 'ms', 'model_ms', 'probability', 'value'] as const;
const texts = ['request', 'key', 'inputs', 'outputs'] as const;

// Marks in the staged columns: nulls and equal texts are slow to hand over one by one.
const noInteger = -1;
const noText = '';
const sameAsRequest = '=';

const stagedColumns = [
  ...[...coded, ...integers, 'row'].map((name) => `"${name}" INTEGER`),
  ...doubles.map((name) => `"${name}" DOUBLE`),
  ...texts.map((name) => `"${name}" VARCHAR`),
];
const stagedTypes = [
  ...[...coded, ...integers, 'row'].map(() => INTEGER),
  ...doubles.map(() => DOUBLE),
  ...texts.map(() => VARCHAR),
];

const read = (name: LogColumn): string => {
  if (coded.some((column) => column === name)) return `getvariable('log_texts')["${name}"] as "${name}"`;
  if (integers.some((column) => column === name)) return `nullif("${name}", ${noInteger}) as "${name}"`;
  if (doubles.some((column) => column === name)) return `nullif("${name}", 'nan'::double) as "${name}"`;
  if (name === 'id') return `case when "row" = ${noInteger} then request else request || '/' || "row" end as id`;
  if (name === 'key')
    return `case "key" when '${sameAsRequest}' then request when '${noText}' then null else substr("key", 2) end as "key"`;
  return name === 'request' ? name : `nullif("${name}", '${noText}') as "${name}"`;
};

/** Takes rows of the prediction log into a DuckDB connection: in whole vectors, and what repeats as numbers. One per connection. */
export class LogTable {
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  #rows: LogRow[] = [];
  /** Numbers from 1, as DuckDB counts the items of a list; 0 is null. */
  readonly #codes = new Map<string, number>();

  private constructor(connection: DuckDBConnection, appender: DuckDBAppender) {
    this.#connection = connection;
    this.#appender = appender;
  }

  static async create(connection: DuckDBConnection): Promise<LogTable> {
    await connection.run(`create temp table staged_log (${stagedColumns.join(', ')})`);
    return new LogTable(connection, await connection.createAppender('staged_log'));
  }

  append(row: LogRow): void {
    this.#rows.push(row);
    if (this.#rows.length === chunkRows) this.#flush();
  }

  /** Ends the appending; returns a query of `logColumns`. */
  async finish(): Promise<string> {
    this.#flush();
    this.#appender.closeSync();
    await this.#connection.run('set variable log_texts = $1', [listValue([...this.#codes.keys()])], [LIST(VARCHAR)]);
    const columns = Object.keys(logColumns) as LogColumn[];
    return `select ${columns.map(read).join(', ')} from staged_log`;
  }

  #flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const chunk = DuckDBDataChunk.create(stagedTypes, rows.length);
    let column = 0;
    for (const name of coded) fill(chunk.getColumnVector(column++), rows, (row) => this.#codeOf(row[name]));
    for (const name of integers) fill(chunk.getColumnVector(column++), rows, (row) => row[name] ?? noInteger);
    fill(chunk.getColumnVector(column++), rows, rowNumber);
    for (const name of doubles) fill(chunk.getColumnVector(column++), rows, (row) => row[name] ?? NaN);
    for (const name of texts)
      fill(chunk.getColumnVector(column++), rows, name === 'key' ? keyMark : (row) => row[name] ?? noText);
    this.#appender.appendDataChunk(chunk);
  }

  #codeOf(text: string | null): number {
    if (text === null) return 0;
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    this.#codes.set(text, this.#codes.size + 1);
    return this.#codes.size;
  }
}

function fill(vector: DuckDBVector, rows: readonly LogRow[], valueOf: (row: LogRow) => number | string): void {
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i];
    if (row !== undefined) vector.setItem(i, valueOf(row));
  }
  vector.flush();
}

const rowNumber = ({ id, request }: LogRow): number =>
  id.length === request.length ? noInteger : Number(id.slice(request.length + 1));

/** A key may be any text, so one that is written out stands behind a letter. */
const keyMark = ({ key, request }: LogRow): string =>
  key === null ? noText : key === request ? sameAsRequest : `k${key}`;
