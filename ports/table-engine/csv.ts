import type { CsvFormat } from '../../contracts/dataset.ts';
import { countOf, identifier, type Database } from './connection.ts';
import { checkNames, invalidSource, onePath } from './source-file.ts';

/** A CSV format with nothing left open. */
export type FoundFormat = Required<Omit<CsvFormat, 'comment'>> & { readonly comment: string | null };

export interface CsvSource {
  /** A relation whose columns are all text. */
  readonly relation: string;
  readonly format: FoundFormat;
  /** Lines below the header that are neither blank nor a comment. */
  readonly lines: number;
}

const delimiters = [',', ';', '\t', '|'];
/** Lines in which the header is looked for. */
const headerLines = 200;

/**
 * A CSV file as a relation. Nothing is guessed by DuckDB: the header is the first line that is left, and gives the columns; every further
 * line is a row, or the reading fails with its number. `expected` are the names by which the delimiter is found. Throws `InvalidDataError`.
 */
export async function csvSource(
  database: Database,
  path: string,
  declared: CsvFormat,
  expected: readonly string[],
): Promise<CsvSource> {
  const { quote = '"', comment = null, skip = 0, encoding = 'utf-8' } = declared;
  const lines = linesOf(database, path, encoding);
  const first = await database.rows(`select line from ${lines} limit ${headerLines + skip}`);
  const isComment = (line: string): boolean => comment !== null && line.startsWith(comment);
  const texts = first.map(([line]) => (line === null || line === undefined ? '' : String(line)));
  const header = texts.filter((line) => line !== '' && !isComment(line))[skip];
  if (header === undefined) throw invalidSource(path, `it has no header line: the first line names the columns`);
  const { delimiter, names } = splitHeader(path, header, declared.delimiter, quote, expected);
  checkNames(path, names);
  const { bind } = database;
  const options = [
    'auto_detect = false',
    'header = true',
    `columns = ${database.columnsOf('VARCHAR', names)}`,
    `delim = ${bind(delimiter)}`,
    `quote = ${bind(quote)}`,
    `escape = ${bind(quote)}`,
    `comment = ${bind(comment ?? '')}`,
    `skip = ${skip}`,
    `encoding = ${bind(encoding)}`,
    'strict_mode = true',
    'null_padding = false',
    'hive_partitioning = false',
  ];
  const [counted] = await database.row(
    `select count(*) from ${lines} where line is not null${comment === null ? '' : ` and not starts_with(line, ${bind(comment)})`}`,
  );
  return {
    relation: `read_csv(${onePath(database, path)}, ${options.join(', ')})`,
    format: { delimiter, quote, comment, skip, encoding },
    lines: countOf(counted) - skip - 1,
  };
}

/** The lines of a text file, null where they are blank: nothing is a quote, and the delimiter is a character that no text holds. */
const linesOf = (database: Database, path: string, encoding: string): string =>
  `read_csv(${onePath(database, path)}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', strict_mode = false, encoding = ${database.bind(encoding)}, hive_partitioning = false)`;

function splitHeader(
  path: string,
  header: string,
  declared: string | undefined,
  quote: string,
  expected: readonly string[],
): { delimiter: string; names: string[] } {
  const wanted = new Set(expected);
  const splits = (declared === undefined ? delimiters : [declared]).map((delimiter) => {
    const names = fieldsOf(header, delimiter, quote);
    return { delimiter, names, known: names.filter((name) => wanted.has(name)).length };
  });
  const [best] = splits.toSorted((a, b) => b.known - a.known || b.names.length - a.names.length);
  if (best !== undefined && (best.known > 0 || wanted.size === 0)) return best;
  throw invalidSource(
    path,
    `its first line is ${JSON.stringify(header.slice(0, 200))}, which names none of the columns ${expected.slice(0, 10).join(', ')}: it must be the header; declare csv.delimiter, csv.skip or csv.comment where the file needs it`,
  );
}

/** Fields of one line; a doubled quote within quotes is one. */
function fieldsOf(line: string, delimiter: string, quote: string): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < line.length; i += 1) {
    const character = line[i];
    if (character === quote && quoted && line[i + 1] === quote) {
      field += quote;
      i += 1;
    } else if (character === quote && (quoted || field === '')) quoted = !quoted;
    else if (character === delimiter && !quoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  return [...fields, field];
}

/** Line breaks within quoted cells of a relation of text columns: what makes fewer rows than lines. */
export async function brokenLines(database: Database, relation: string, names: readonly string[]): Promise<number> {
  const breaks = names.map((name) => `coalesce(length(regexp_replace(${identifier(name)}, '[^\\n]', '', 'g')), 0)`);
  return breaks.length === 0
    ? 0
    : countOf((await database.row(`select sum(${breaks.join(' + ')}) from ${relation}`))[0]);
}
