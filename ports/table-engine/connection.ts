import { mkdir } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { setVariables } from '../sql.ts';

export { identifier } from '../sql.ts';

export interface DuckDbOptions {
  /** Folder for what does not fit into memory. */
  readonly tempDir: string;
  /** @default the number of cores */
  readonly threads?: number;
}

/** Runs work on a database in memory of its own, so that nothing is left behind and nothing is shared. */
export async function withDuckDb<T>(options: DuckDbOptions, work: (database: Database) => Promise<T>): Promise<T> {
  await mkdir(options.tempDir, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    // Extensions are downloads; Parquet, JSON and ICU are built in.
    autoinstall_known_extensions: 'false',
    temp_directory: options.tempDir,
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  try {
    const connection = await instance.connect();
    try {
      return await work(new Database(connection, () => instance.connect()));
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** What the table engine asks of a DuckDB connection. */
export class Database {
  readonly connection: DuckDBConnection;

  #values = 0;

  /** A second connection to the same database, to write while the first one streams; whoever asks closes it. */
  readonly another: () => Promise<DuckDBConnection>;

  constructor(connection: DuckDBConnection, another: () => Promise<DuckDBConnection>) {
    this.connection = connection;
    this.another = another;
  }

  /** `values` are bound, in their order, as `$1` and so on. */
  async run(sql: string, values: DuckDBValue[] = []): Promise<void> {
    await this.connection.run(sql, values);
  }

  /** Keeps a value in the connection; returns what SQL calls it by. */
  async value(value: string | number | readonly string[]): Promise<string> {
    const name = `pawl_value_${this.#values++}`;
    await setVariables(this.connection, { [name]: value });
    return `getvariable('${name}')`;
  }

  async rows(sql: string): Promise<DuckDBValue[][]> {
    return (await this.connection.runAndReadAll(sql)).getRows();
  }

  /** The one row of an aggregate. */
  async row(sql: string): Promise<DuckDBValue[]> {
    return (await this.rows(sql))[0] ?? [];
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

/** A number from an aggregate; null for null and for what JSON cannot hold. */
export function numberOf(value: DuckDBValue | undefined): number | null {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
export const countOf = (value: DuckDBValue | undefined): number => numberOf(value) ?? 0;
