import type { DuckDBConnection } from '@duckdb/node-api';
import type { LogEntry } from '../../../contracts/serving/prediction-log.ts';
import { syncFile } from '../../sync-file.ts';
import { LogTable } from './log-table.ts';

export interface WrittenLog<T> {
  /** What `fill` returned. */
  readonly filled: T;
  readonly rows: number;
  /** Of the rows, milliseconds since the epoch, inclusive. */
  readonly from: number;
  readonly to: number;
}

/**
 * Writes the rows of the entries that `fill` adds as a Parquet file of `logColumns`, which is on disk when it ends; one that
 * stood there is replaced, and stays where `fill` throws. A connection on which it threw is of no further use.
 */
export async function writeLog<T>(
  connection: DuckDBConnection,
  path: string,
  fill: (add: (entry: LogEntry) => void) => T,
): Promise<WrittenLog<T>> {
  let from = Infinity;
  let to = -Infinity;
  const table = await LogTable.create(connection);
  const filled = fill((entry) => {
    from = Math.min(from, entry.at);
    to = Math.max(to, entry.at);
    table.append(entry);
  });
  const rows = await table.finish();
  await connection.run(`copy (${rows}) to $1 (format parquet, compression zstd, compression_level 1)`, [path]);
  await table.drop();
  await syncFile(path);
  return { filled, rows: table.rows, from, to };
}
