import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { onePath, setVariables } from '../../sql.ts';

export interface DuckDbLimits {
  /** As DuckDB writes it: `256MB`. */
  readonly memory: string;
  /** @default the number of cores */
  readonly threads?: number;
}

/** A database in memory. */
export interface DuckDb {
  readonly connection: DuckDBConnection;
  readonly close: () => void;
}

export async function openDuckDb({ memory, threads }: DuckDbLimits): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    // Extensions are downloads; Parquet and JSON are built in.
    autoinstall_known_extensions: 'false',
    memory_limit: memory,
    // For what does not fit into memory.
    temp_directory: join(tmpdir(), `pawl-log-${process.pid}`),
    ...(threads === undefined ? {} : { threads: String(threads) }),
  });
  try {
    const connection = await instance.connect();
    return {
      connection,
      close: () => {
        connection.closeSync();
        instance.closeSync();
      },
    };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** Runs work on a database of its own, so that nothing is left behind and nothing is shared. */
export async function withDuckDb<T>(
  limits: DuckDbLimits,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { connection, close } = await openDuckDb(limits);
  try {
    return await work(connection);
  } finally {
    close();
  }
}

/** Names the files of segments that `logFiles` reads. */
export const useLogFiles = (connection: DuckDBConnection, paths: readonly string[]): Promise<void> =>
  setVariables(connection, { log_files: paths.map(onePath) });

/** The segments named before as a relation; folders named `a=b` are not columns. */
export const logFiles = `read_parquet(getvariable('log_files'), hive_partitioning = false)`;
