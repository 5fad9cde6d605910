import type { CsvFormat, DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { identifier } from '../sql.ts';
import { countOf, type Database } from './connection.ts';
import { brokenLines, csvSource, type FoundFormat } from './csv.ts';
import { ndjsonSource } from './ndjson.ts';
import { invalidSource, fileSql } from './source-file.ts';

/** What a broken file makes DuckDB say; a retry reads the same bytes. */
const brokenFile = /^(Invalid Input|Conversion|Binder|Parser|Serialization|Invalid|Catalog|Not implemented) Error/i;

/** Runs what reads a source; a file that cannot be read as what it claims to be is an `InvalidDataError`. */
export async function readingSource<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !brokenFile.test(error.message)) throw error;
    throw invalidSource(path, inPlainWords(error.message));
  }
}

/** DuckDB's message, without its advice to read less strictly. */
function inPlainWords(message: string): string {
  const line = /CSV Error on Line: (\d+)\n(?:Original Line: ([^\n]*))?/.exec(message);
  if (line === null) return `${message.split('\n')[0] ?? ''}. Correct the file, or name another source`;
  const [, number, text = ''] = line;
  const shown = text === '' ? '' : ` (${JSON.stringify(text.slice(0, 120))})`;
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (fields !== null)
    return `line ${number} has ${fields[2]} fields where the header has ${fields[1]}${shown}: correct the line, or declare csv.delimiter or csv.quote`;
  if (message.includes('unterminated quote'))
    return `line ${number} has a quote that does not end${shown}: correct the line, or declare csv.quote, or csv.escape where another character comes before quotes`;
  if (/not utf-8 encoded|invalid unicode/i.test(message))
    return `line ${number} is not UTF-8${shown}: declare csv.encoding (latin-1 or utf-16) in the dataset definition, or convert the file`;
  return `line ${number}: ${message.split('\n').find((part) => part !== '' && !/^(Invalid Input Error|Original Line)/.test(part)) ?? 'it cannot be read'}${shown}`;
}

export const parquet = (database: Database, path: string, ...options: string[]): string =>
  `read_parquet(${[fileSql(database, path), 'hive_partitioning = false', ...options].join(', ')})`;

/** What a reader knows of a file beforehand. */
export interface SourceHints {
  readonly csv: CsvFormat;
  /** Names of columns that the file should have. */
  readonly columns: readonly string[];
  readonly declared: DatasetDefinition['columns'];
}

export interface SourceRelation {
  /** A relation over the file. */
  readonly relation: string;
  /** Null where the file is not CSV. */
  readonly csv: FoundFormat | null;
  /** Lines within quoted cells, so that they are not rows. */
  readonly linesInCells: number;
}

/**
 * A relation over a local file. Text stays text: a CSV or NDJSON file has text columns only, so zip code 02134 keeps its zero. Every line is a
 * row of it. Throws `InvalidDataError`.
 */
export async function sourceRelation(database: Database, path: string, hints: SourceHints): Promise<SourceRelation> {
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, '');
  if (/\.(parquet|pq)$/.test(name))
    return { relation: await parquetSource(database, path), csv: null, linesInCells: 0 };
  if (/\.(csv|tsv)$/.test(name)) {
    const { relation, format, lines } = await csvSource(database, path, hints.csv, hints.columns, hints.declared);
    return { relation, csv: format, linesInCells: await checkLines(database, path, relation, lines, true) };
  }
  if (/\.(ndjson|jsonl)$/.test(name)) {
    const { relation, lines } = await ndjsonSource(database, path, hints.columns);
    return { relation, csv: null, linesInCells: await checkLines(database, path, relation, lines, false) };
  }
  throw new PawlError(
    errorTypes.invalidRequest,
    `${path} is of an unknown kind: sources are files ending in .parquet, .csv, .tsv, .ndjson or .jsonl (.gz for text)`,
    { source: path },
  );
}

/** Digits of the widest decimals; of wider ones DuckDB reads other numbers, without an error. */
const mostDigits = 38;

/**
 * A Parquet file whose INT96 times are instants, as Spark writes them: DuckDB gives them as times without a zone, in UTC. Throws
 * `InvalidDataError` for decimals that would be read as other numbers.
 */
async function parquetSource(database: Database, path: string): Promise<string> {
  const schema = await database.rows(
    `select name, type, precision from parquet_schema(${fileSql(database, path)}) where precision > ${mostDigits} or type = 'INT96'`,
  );
  const wide = schema.filter(([, type]) => type !== 'INT96');
  if (wide.length > 0) {
    const shown = wide.slice(0, 10).map(([name, , digits]) => `"${String(name)}" of ${countOf(digits)} digits`);
    throw invalidSource(
      path,
      `it has decimals that are too wide to be read (${shown.join(', ')}): write at most ${mostDigits} digits, or text`,
    );
  }
  const plain = parquet(database, path);
  if (schema.length === 0) return plain;
  const names = new Set(schema.map(([name]) => String(name)));
  // A field within a list or an object may have the same name.
  const times = (await database.columns(plain)).filter(
    ({ name, type }) => names.has(name) && type.startsWith('TIMESTAMP'),
  );
  if (times.length === 0) return plain;
  const instants = times.map(({ name }) => `${identifier(name)}::timestamp at time zone 'UTC' as ${identifier(name)}`);
  return `(select * replace (${instants.join(', ')}) from ${plain})`;
}

/** Every line became a row, or lies within a quoted cell: returns how many do. Throws `InvalidDataError` where lines are lost. */
async function checkLines(
  database: Database,
  source: string,
  relation: string,
  lines: number,
  isCsv: boolean,
): Promise<number> {
  const rows = countOf((await database.row(`select count(*) from ${relation}`))[0]);
  if (rows === lines) return 0;
  const names = (await database.columns(relation)).map(({ name }) => name);
  const inCells = isCsv ? await brokenLines(database, relation, names) : 0;
  // Blank lines within a cell are not in the file's count of lines.
  if (rows < lines && rows + inCells >= lines) return lines - rows;
  throw invalidSource(
    source,
    `${lines} lines gave ${rows} rows${inCells === 0 ? '' : ` and ${inCells} line breaks within cells`}: correct its quotes, or declare csv.quote, csv.comment or csv.skip`,
  );
}
