import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export interface DuckDbOptions {
  /** Folder for what does not fit into memory. */
  readonly tempDir: string;
  /** As DuckDB writes it: `256MB`. @default as DuckDB chooses */
  readonly memory?: string;
  /** @default the number of cores */
  readonly threads?: number;
}

/** A database in memory. */
export interface DuckDb {
  readonly connection: DuckDBConnection;
  /** A further connection; whoever asks closes it. */
  readonly connect: () => Promise<DuckDBConnection>;
  readonly close: () => void;
}

export async function openDuckDb({ tempDir, memory, threads }: DuckDbOptions): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    // Extensions are downloads; Parquet, JSON and ICU are built in.
    autoinstall_known_extensions: 'false',
    temp_directory: tempDir,
    ...(memory === undefined ? {} : { memory_limit: memory }),
    ...(threads === undefined ? {} : { threads: String(threads) }),
  });
  try {
    const connection = await instance.connect();
    return {
      connection,
      connect: () => instance.connect(),
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
