import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { openDuckDb, type DuckDb, type DuckDbOptions } from '../../duckdb.ts';
import { onePath, setVariables } from '../../sql.ts';

/** The log may be larger than memory, so that its queries need a bound. */
export type LogDatabaseLimits = Required<Pick<DuckDbOptions, 'memory'>> & Pick<DuckDbOptions, 'threads'>;

export const openLogDatabase = (limits: LogDatabaseLimits): Promise<DuckDb> =>
  openDuckDb({ ...limits, tempDir: join(tmpdir(), `pawl-log-${process.pid}`) });

/** Runs work on a database of its own, so that nothing is left behind and nothing is shared. */
export async function withLogDatabase<T>(
  limits: LogDatabaseLimits,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { connection, close } = await openLogDatabase(limits);
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
