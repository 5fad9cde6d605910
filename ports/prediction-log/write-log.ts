import { open } from 'node:fs/promises';
import type { LogEntry } from '../../contracts/prediction-log.ts';
import { literal, withDuckDb } from './duckdb.ts';
import { LogTable } from './log-table.ts';

/** Memory of the database that converts a segment; more goes to files beside the result. */
const memory = '256MB';

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
 * stood there is replaced, and stays where `fill` throws.
 */
export async function writeLog<T>(path: string, fill: (add: (entry: LogEntry) => void) => T): Promise<WrittenLog<T>> {
  let from = Infinity;
  let to = -Infinity;
  // One thread: it shall not compete with what serves.
  const written = await withDuckDb({ memory, threads: 1, tempDir: `${path}.tmp` }, async (connection) => {
    const table = await LogTable.create(connection);
    const filled = fill((entry) => {
      from = Math.min(from, entry.at);
      to = Math.max(to, entry.at);
      table.append(entry);
    });
    await connection.run(
      `copy (${await table.finish()}) to ${literal(path)} (format parquet, compression zstd, compression_level 1)`,
    );
    return { filled, rows: table.rows };
  });
  await syncToDisk(path);
  return { ...written, from, to };
}

async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
