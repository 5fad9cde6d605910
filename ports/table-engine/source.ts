import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { onePath as pattern } from '../sql.ts';
import { identifier, type Database } from './connection.ts';

/** What a broken file makes DuckDB say; a retry reads the same bytes. */
const brokenFile = /^(Invalid Input|Conversion|Binder|Parser|Serialization|Invalid|Catalog|Not implemented) Error/i;

/** Runs what reads a source; a file that cannot be read as what it claims to be is an `InvalidDataError`. */
export async function readingSource<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !brokenFile.test(error.message)) throw error;
    throw new PawlError(
      errorTypes.invalidData,
      `${path} cannot be read: ${error.message.split('\n')[0] ?? ''}. Correct the file, or name another source`,
      { source: path },
      { cause: error },
    );
  }
}

/** The path of one file as SQL. A path is not a value of the data: quoting its quotes is enough, and it cannot hold a NUL. */
const onePath = (path: string): string => `'${pattern(path).replaceAll("'", "''")}'`;

export const parquet = (path: string, ...options: string[]): string =>
  `read_parquet(${[onePath(path), 'hive_partitioning = false', ...options].join(', ')})`;

/** A relation over a local file. Text stays text: a CSV or NDJSON file has text columns only, so zip code 02134 keeps its zero. */
export async function sourceRelation(database: Database, path: string): Promise<string> {
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, '');
  if (/\.(parquet|pq)$/.test(name)) return parquet(path);
  if (/\.(csv|tsv)$/.test(name))
    return `read_csv(${onePath(path)}, all_varchar = true, header = true, sample_size = -1, hive_partitioning = false)`;
  if (/\.(ndjson|jsonl)$/.test(name)) return ndjson(database, path);
  throw new PawlError(
    errorTypes.invalidRequest,
    `${path} is of an unknown kind: sources are files ending in .parquet, .csv, .tsv, .ndjson or .jsonl (.gz for text)`,
    { source: path },
  );
}

async function ndjson(database: Database, path: string): Promise<string> {
  const file = onePath(path);
  const found = await database.columns(`read_ndjson(${file}, sample_size = -1, hive_partitioning = false)`);
  const columns = found.map(({ name }) => `${identifier(name)}: 'VARCHAR'`).join(', ');
  return `read_ndjson(${file}, columns = {${columns}}, hive_partitioning = false)`;
}
