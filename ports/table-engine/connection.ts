import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { openDuckDb, type DuckDbOptions } from '../duckdb.ts';
import { privateFolder } from '../private-files.ts';
import { SqlValues, type Bind } from '../sql.ts';

export { identifier } from '../sql.ts';

/** A query that began just before the abort is not interrupted by it: it is tried again so often. */
const interruptEveryMs = 50;

/**
 * Runs work on a database in memory of its own, so that nothing is left behind and nothing is shared. Ends with the reason of the
 * signal: the query that runs is interrupted, and no other one begins.
 */
export async function withDatabase<T>(
  options: DuckDbOptions,
  work: (database: Database) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  await mkdir(options.tempDir, { recursive: true, mode: privateFolder });
  const { connection, connect, close } = await openDuckDb(options);
  let interrupting: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    connection.interrupt();
    interrupting ??= setInterval(() => connection.interrupt(), interruptEveryMs);
  };
  signal?.addEventListener('abort', interrupt);
  const database = new Database(connection, options.tempDir, connect, signal);
  try {
    await connection.run(`set global TimeZone = 'UTC'`);
    return await work(database);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    // Closing the connection under a statement that runs ends the process.
    await database.idle();
    signal?.removeEventListener('abort', interrupt);
    clearInterval(interrupting);
    close();
    await database.removeScratch();
  }
}

/** What the table engine asks of a DuckDB connection: one statement after the other, however many are asked for at once. */
export class Database {
  readonly connection: DuckDBConnection;

  readonly #values = new SqlValues();
  #last: Promise<unknown> = Promise.resolve();

  /** A second connection to the same database, to write while the first one streams; whoever asks closes it. */
  readonly another: () => Promise<DuckDBConnection>;

  readonly signal: AbortSignal | undefined;

  readonly #folder: string;
  readonly #scratch: string[] = [];

  constructor(
    connection: DuckDBConnection,
    folder: string,
    another: () => Promise<DuckDBConnection>,
    signal?: AbortSignal,
  ) {
    this.connection = connection;
    this.#folder = folder;
    this.another = another;
    this.signal = signal;
  }

  /** Path of a file that lives as long as this database. */
  scratch(): string {
    const path = join(this.#folder, `pawl-${randomUUID()}.txt`);
    this.#scratch.push(path);
    return path;
  }

  async removeScratch(): Promise<void> {
    await Promise.all(this.#scratch.map((path) => rm(path, { force: true })));
  }

  /** `values` are bound, in their order, as `$1` and so on. */
  run(sql: string, values: DuckDBValue[] = []): Promise<void> {
    return this.#inTurn(async () => void (await this.connection.run(sql, values)));
  }

  /** Keeps a value for the statements that follow; returns what SQL calls it by. */
  readonly bind: Bind = this.#values.bind;

  /** Columns of one type for `read_csv` and `read_ndjson`. */
  columnsOf(columnType: 'VARCHAR' | 'JSON', names: readonly string[]): string {
    return this.#values.columns(names, columnType);
  }

  stream(sql: string): Promise<DuckDBResult> {
    return this.#inTurn(() => this.connection.stream(sql));
  }

  rows(sql: string): Promise<DuckDBValue[][]> {
    return this.#inTurn(async () => (await this.connection.runAndReadAll(sql)).getRows());
  }

  /** The one row of an aggregate. */
  async row(sql: string): Promise<DuckDBValue[]> {
    return (await this.rows(sql))[0] ?? [];
  }

  /** What times without an offset are of from now on, and how moments are written. */
  async inTimeZone(timezone: string): Promise<void> {
    await this.run(`set global TimeZone = ${this.bind(timezone)}`);
  }

  /** Resolves when no statement runs or waits. */
  async idle(): Promise<void> {
    await this.#last;
  }

  #inTurn<T>(statement: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      this.signal?.throwIfAborted();
      await this.#values.giveTo(this.connection);
      return statement();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async columns(relation: string): Promise<FileColumn[]> {
    const rows = await this.rows(`describe select * from ${relation}`);
    return rows.map(([name, type]) => ({ name: String(name), type: String(type) }));
  }
}

export interface FileColumn {
  readonly name: string;
  /** In DuckDB's words. */
  readonly type: string;
}

/** A name that no column has; names in SQL ignore case. */
export function freeName(wanted: string, columns: readonly FileColumn[]): string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  let name = wanted;
  while (taken.has(name.toLowerCase())) name += '_';
  return name;
}

/** A number from an aggregate; null for null and for what JSON cannot hold. */
export function numberOf(value: DuckDBValue | undefined): number | null {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
export const countOf = (value: DuckDBValue | undefined): number => numberOf(value) ?? 0;
