import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { datasetDefinitionSchema, type DatasetDefinition } from '../../contracts/data/dataset.ts';
import { createDuckDbTables } from '../../ports/table-engine/duckdb.ts';
import type { TableEngine } from '../../ports/table-engine/port.ts';

/** A folder with the table engine and helpers that put files into it. */
export interface TableFiles {
  readonly folder: string;
  readonly tables: TableEngine;
  text(name: string, content: string): Promise<string>;
  /** A Parquet file of what a query gives. */
  parquet(name: string, query: string): Promise<string>;
  /** Rows of a Parquet file as JSON values. */
  query(sql: string): Promise<unknown[][]>;
  remove(): Promise<void>;
}

export async function tableFiles(
  open: (tempDir: string) => TableEngine = (tempDir) => createDuckDbTables({ tempDir, threads: 2 }),
): Promise<TableFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-tables-'));
  const query = async (sql: string): Promise<unknown[][]> => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    try {
      return (await connection.runAndReadAll(sql)).getRowsJson();
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  };
  return {
    folder,
    tables: open(join(folder, 'tmp')),
    async text(name, content) {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    async parquet(name, sql) {
      const path = join(folder, name);
      await query(`copy (${sql}) to '${path}' (format parquet)`);
      return path;
    },
    query,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Persons with a zip code, an age and a plan; `stays` is the target. */
export const persons = (change: Partial<DatasetDefinition> = {}): DatasetDefinition => ({
  ...datasetDefinitionSchema.parse({
    dataset: 'persons',
    source: 'persons.csv',
    licence: 'none',
    provenance: 'made up',
    key: 'id',
    time: 'day',
    target: 'stays',
    columns: {
      id: { type: 'integer', kind: 'key' },
      day: { type: 'timestamp', kind: 'time' },
      zip: { type: 'string', kind: 'categorical' },
      age: { type: 'integer', kind: 'numeric', min: 0, max: 120, nullable: true },
      plan: { type: 'string', kind: 'categorical', allowed: ['a', 'b'] },
      stays: { type: 'integer', kind: 'target', allowed: ['0', '1'] },
    },
  }),
  ...change,
});
