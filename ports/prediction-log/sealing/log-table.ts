import {
  BLOB,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDataChunk,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
} from '@duckdb/node-api';
import {
  logColumns,
  type FeedbackEntry,
  type LogColumn,
  type LogEntry,
  type MirrorEntry,
  type PredictionEntry,
} from '../../../contracts/serving/prediction-log.ts';
import { logLimits } from '../../../contracts/serving/log-limits.ts';
import { labelOf, probabilityOf } from './answer-of.ts';
import { JsonBytes } from '../../../codec/json-bytes.ts';
import { vectorItems } from '../vector-items.ts';

/** Rows that are handed over at once: as many as a vector of DuckDB holds. */
const chunkRows = 2_048;
/** Bytes of JSON that do not wait for further rows. */
const chunkBytes = 4 * 1024 * 1024;

/** Texts that most rows share go in as numbers of a list of texts. */
const coded = ['kind', 'model', 'arm', 'release', 'instance', 'error', 'label', 'source'] as const;
const integers = ['version', 'seq', 'row'] as const;
const doubles = ['at', 'share', 'ms', 'model_ms', 'probability', 'value', 'asked'] as const;
const texts = ['request', 'key'] as const;
const jsons = ['inputs', 'outputs'] as const;
type Coded = (typeof coded)[number];

// Marks in the staged columns: nulls and equal texts are slow to hand over one by one.
const noCode = 0;
const noInteger = -1;
const noText = '';
const sameAsRequest = '=';

const staged = [
  ...[...coded, ...integers].map((name) => [name, 'INTEGER', INTEGER] as const),
  ...doubles.map((name) => [name, 'DOUBLE', DOUBLE] as const),
  ...texts.map((name) => [name, 'VARCHAR', VARCHAR] as const),
  ...jsons.map((name) => [name, 'BLOB', BLOB] as const),
];
const stagedTypes = staged.map(([, , type]) => type);

/** A text that is too long to be judged, cut so that it is still seen to be too long. A copy: a slice would keep the whole in memory. */
const cut = (text: string, limit: number): string =>
  text.length <= limit ? text : Buffer.from(text.slice(0, limit + 1)).toString();

const has = (names: readonly string[], name: string): boolean => names.includes(name);

const read = (name: LogColumn): string => {
  if (has(coded, name)) return `getvariable('log_texts')["${name}"] as "${name}"`;
  if (has(integers, name)) return `nullif("${name}", ${noInteger}) as "${name}"`;
  if (has(doubles, name)) return `nullif("${name}", 'nan'::double) as "${name}"`;
  if (has(jsons, name)) return `nullif(decode("${name}"), '${noText}') as "${name}"`;
  if (name === 'id') return `case when "row" = ${noInteger} then request else request || '/' || "row" end as id`;
  if (name === 'key')
    return `case "key" when '${sameAsRequest}' then request when '${noText}' then null else substr("key", 2) end as "key"`;
  return name;
};

/** Columns of the names, as long as a chunk at most. */
const columnsOf = <N extends string, C>(names: readonly N[], make: (length: number) => C): Record<N, C> =>
  Object.fromEntries(names.map((name) => [name, make(chunkRows)])) as Record<N, C>;

/**
 * Takes entries of the prediction log into a DuckDB connection as rows of `logColumns`: one per row of a request or of a mirrored
 * copy, with ids `<id>/<row>` where it has several, and one per feedback. They go in whole vectors, and what repeats as numbers.
 * One per connection at a time.
 */
export class LogTable {
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  readonly #integers = columnsOf([...coded, ...integers], (length) => new Int32Array(length));
  readonly #doubles = columnsOf(doubles, (length) => new Float64Array(length));
  readonly #texts = columnsOf(texts, (length) => Array.from({ length }, () => noText));
  /** Where the JSON of each row ends. It begins where that of the row, or column, before ends. */
  readonly #ends = columnsOf(jsons, (length) => new Int32Array(length));
  readonly #json = new JsonBytes();
  #waiting = 0;
  /** Rows that were appended. */
  rows = 0;
  /** Numbers from 1, as DuckDB counts the items of a list; 0 is null. */
  readonly #codes = new Map<string, number>();

  private constructor(connection: DuckDBConnection, appender: DuckDBAppender) {
    this.#connection = connection;
    this.#appender = appender;
  }

  static async create(connection: DuckDBConnection): Promise<LogTable> {
    const columns = staged.map(([name, type]) => `"${name}" ${type}`);
    await connection.run(`create temp table staged_log (${columns.join(', ')})`);
    return new LogTable(connection, await connection.createAppender('staged_log'));
  }

  append(entry: LogEntry): void {
    if (entry.kind === 'feedback') {
      this.#feedback(entry);
      return;
    }
    for (let row = 0; row < entry.rows; row += 1) this.#answer(entry, row);
  }

  /** Lets go of the rows: another table may be created then. */
  async drop(): Promise<void> {
    await this.#connection.run('drop table staged_log');
  }

  /** Ends the appending; returns a query of `logColumns`. */
  async finish(): Promise<string> {
    this.#flush();
    this.#appender.closeSync();
    await this.#connection.run('set variable log_texts = $1', [listValue([...this.#codes.keys()])], [LIST(VARCHAR)]);
    const columns = Object.keys(logColumns) as LogColumn[];
    return `select ${columns.map(read).join(', ')} from staged_log`;
  }

  #feedback({ kind, id, at, model, instance, label, value, source, asked }: FeedbackEntry): void {
    const row = this.#waiting;
    this.#code('kind', kind);
    this.#code('model', model);
    this.#code('arm', null);
    this.#code('release', null);
    this.#code('instance', instance);
    this.#code('error', null);
    this.#code('label', label === null ? null : cut(String(label), logLimits.label));
    this.#code('source', source ?? null);
    this.#integers.version[row] = noInteger;
    this.#integers.seq[row] = noInteger;
    this.#integers.row[row] = noInteger;
    this.#doubles.at[row] = at;
    this.#doubles.share[row] = NaN;
    this.#doubles.ms[row] = NaN;
    this.#doubles.model_ms[row] = NaN;
    this.#doubles.probability[row] = NaN;
    this.#doubles.value[row] = value ?? NaN;
    this.#doubles.asked[row] = asked?.time ?? NaN;
    this.#texts.request[row] = cut(id, logLimits.id);
    this.#texts.key[row] = asked === undefined ? noText : `k${cut(asked.key, logLimits.id)}`;
    this.#ends.inputs[row] = this.#json.length;
    this.#ends.outputs[row] = this.#json.length;
    this.#end();
  }

  #answer(entry: PredictionEntry | MirrorEntry, n: number): void {
    const row = this.#waiting;
    const { id, rows, outputs } = entry;
    this.#code('kind', entry.kind);
    this.#code('source', null);
    this.#code('model', entry.model);
    this.#code('release', entry.release);
    this.#code('instance', entry.instance);
    this.#code('error', entry.error);
    const label = labelOf(outputs['label'] ?? outputs['prediction'], n, rows);
    this.#code('label', label === null ? null : cut(label, logLimits.label));
    this.#integers.version[row] = entry.version;
    this.#integers.seq[row] = entry.seq;
    this.#integers.row[row] = rows === 1 ? noInteger : n;
    this.#doubles.at[row] = entry.at;
    this.#doubles.ms[row] = entry.ms;
    this.#doubles.probability[row] = probabilityOf(outputs['probabilities'], n, rows);
    this.#doubles.value[row] = NaN;
    this.#doubles.asked[row] = NaN;
    this.#texts.request[row] = cut(id, logLimits.id);
    if (entry.kind === 'prediction') {
      this.#code('arm', entry.arm);
      this.#doubles.share[row] = entry.share;
      this.#doubles.model_ms[row] = entry.modelMs;
      // A key may be any text, so one that is written out follows a letter.
      this.#texts.key[row] = entry.key === id ? sameAsRequest : `k${cut(entry.key, logLimits.id)}`;
      this.#json.row(entry.inputs, n, rows);
    } else {
      this.#code('arm', null);
      this.#doubles.share[row] = NaN;
      this.#doubles.model_ms[row] = NaN;
      this.#texts.key[row] = noText;
    }
    this.#ends.inputs[row] = this.#json.length;
    this.#json.row(outputs, n, rows);
    this.#ends.outputs[row] = this.#json.length;
    this.#end();
  }

  #end(): void {
    this.#waiting += 1;
    this.rows += 1;
    if (this.#waiting === chunkRows || this.#json.length >= chunkBytes) this.#flush();
  }

  #code(column: Coded, text: string | null): void {
    this.#integers[column][this.#waiting] = text === null ? noCode : this.#codeOf(text);
  }

  #codeOf(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    this.#codes.set(text, this.#codes.size + 1);
    return this.#codes.size;
  }

  #flush(): void {
    const rows = this.#waiting;
    if (rows === 0) return;
    const chunk = DuckDBDataChunk.create(stagedTypes, rows);
    let column = 0;
    for (const numbers of [this.#integers, this.#doubles])
      for (const values of Object.values(numbers)) {
        const vector = chunk.getColumnVector(column++);
        vectorItems(vector).set(values.subarray(0, rows));
        vector.flush();
      }
    for (const values of Object.values(this.#texts)) {
      const vector = chunk.getColumnVector(column++);
      for (let row = 0; row < rows; row += 1) vector.setItem(row, values[row]!);
      vector.flush();
    }
    this.#flushJson(chunk, column, rows);
    this.#appender.appendDataChunk(chunk);
    this.#json.clear();
    this.#waiting = 0;
  }

  #flushJson(chunk: DuckDBDataChunk, column: number, rows: number): void {
    const { inputs, outputs } = this.#ends;
    const [into, outOf] = [chunk.getColumnVector(column), chunk.getColumnVector(column + 1)];
    let begin = 0;
    for (let row = 0; row < rows; row += 1) {
      into.setItem(row, new DuckDBBlobValue(this.#json.part(begin, inputs[row]!)));
      outOf.setItem(row, new DuckDBBlobValue(this.#json.part(inputs[row]!, outputs[row]!)));
      begin = outputs[row]!;
    }
    into.flush();
    outOf.flush();
  }
}
