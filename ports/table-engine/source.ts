import type { CsvFormat } from '../../contracts/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { Database } from './connection.ts';
import { csvSource, type FoundFormat } from './csv.ts';
import { ndjsonSource } from './ndjson.ts';
import { invalidSource, onePath } from './source-file.ts';

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
  const json = /Malformed JSON in file .*, at byte (\d+) in line (\d+): ([^.]*)/.exec(message);
  if (json !== null) return `line ${json[2]}, byte ${json[1]}: malformed JSON (${json[3]}). Each line is one object`;
  const twice = /JSON transform error in file .*, in line (\d+): .*has duplicate key "([^"]*)"/.exec(message);
  if (twice !== null) return `line ${twice[1]} names "${twice[2]}" twice: write each column once`;
  const line = /CSV Error on Line: (\d+)\n(?:Original Line: ([^\n]*))?/.exec(message);
  if (line === null) return `${message.split('\n')[0] ?? ''}. Correct the file, or name another source`;
  const [, number, text = ''] = line;
  const shown = text === '' ? '' : ` (${JSON.stringify(text.slice(0, 120))})`;
  const fields = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (fields !== null)
    return `line ${number} has ${fields[2]} fields where the header has ${fields[1]}${shown}: correct the line, or declare csv.delimiter or csv.quote`;
  if (message.includes('unterminated quote'))
    return `line ${number} has a quote that does not end${shown}: correct the line, or declare csv.quote`;
  if (/not utf-8 encoded|invalid unicode/i.test(message))
    return `line ${number} is not UTF-8${shown}: declare csv.encoding (latin-1 or utf-16) in the dataset definition, or convert the file`;
  return `line ${number}: ${message.split('\n').find((part) => part !== '' && !/^(Invalid Input Error|Original Line)/.test(part)) ?? 'it cannot be read'}${shown}`;
}

export const parquet = (database: Database, path: string, ...options: string[]): string =>
  `read_parquet(${[onePath(database, path), 'hive_partitioning = false', ...options].join(', ')})`;

/** What a reader knows of a file beforehand. */
export interface SourceHints {
  readonly csv: CsvFormat;
  /** Names of columns that the file should have. */
  readonly columns: readonly string[];
}

export interface SourceRelation {
  /** A relation over the file. */
  readonly relation: string;
  /** Null where the file is not CSV. */
  readonly csv: FoundFormat | null;
  /** Lines that should become rows; null where the form has no lines. */
  readonly lines: number | null;
}

/** A relation over a local file. Text stays text: a CSV or NDJSON file has text columns only, so zip code 02134 keeps its zero. */
export async function sourceRelation(database: Database, path: string, hints: SourceHints): Promise<SourceRelation> {
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, '');
  if (/\.(parquet|pq)$/.test(name)) return { relation: parquet(database, path), csv: null, lines: null };
  if (/\.(csv|tsv)$/.test(name)) {
    const { relation, format, lines } = await csvSource(database, path, hints.csv, hints.columns);
    return { relation, csv: format, lines };
  }
  if (/\.(ndjson|jsonl)$/.test(name)) return { ...(await ndjsonSource(database, path, hints.columns)), csv: null };
  throw new PawlError(
    errorTypes.invalidRequest,
    `${path} is of an unknown kind: sources are files ending in .parquet, .csv, .tsv, .ndjson or .jsonl (.gz for text)`,
    { source: path },
  );
}
