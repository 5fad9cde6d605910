import { countOf, identifier, type Database, type FileColumn } from './connection.ts';

/** Columns that are copied at once, and values: a wide file is read a few times, and memory does not grow with its width. */
const mostColumns = 64;
const mostValues = 16_000_000;

/** Columns in groups that one table in memory holds at a time. */
export function batchesOf<T>(columns: readonly T[], rows: number): T[][] {
  const size = Math.max(1, Math.min(mostColumns, Math.floor(mostValues / Math.max(1, rows))));
  return Array.from({ length: Math.ceil(columns.length / size) }, (_, i) => columns.slice(i * size, (i + 1) * size));
}

/**
 * Copies columns of a relation into the temporary table `name`, which replaces the one before. Asking a Parquet file of
 * thousands of columns reads its whole footer each time; asking the copy does not.
 */
export async function copyColumns(
  database: Database,
  name: string,
  relation: string,
  columns: readonly FileColumn[],
): Promise<string> {
  const names = columns.map((column) => identifier(column.name));
  await database.run(
    `create or replace temp table ${name} as select ${names.length === 0 ? '1 as nothing' : names.join(', ')} from ${relation}`,
  );
  return name;
}

export const rowsOf = async (database: Database, relation: string): Promise<number> =>
  countOf((await database.row(`select count(*) from ${relation}`))[0]);
