import type { CsvFormat, DatasetDefinition } from '../../contracts/data/dataset.ts';
import { plainName } from '../../contracts/did-you-mean.ts';
import { countOf, freeName, identifier, type Database } from './connection.ts';
import { withLocalCells } from './local-cells.ts';
import { plainCsv, refuseMoreFields } from './plain-csv.ts';
import { checkColumnNames, invalidSource, fileSql } from './source-file.ts';
import { markOf } from './text-lines.ts';

/** A CSV format with nothing left open. */
export type FoundFormat = Required<Omit<CsvFormat, 'comment' | 'time'>> & {
  readonly comment: string | null;
  readonly time: string | null;
};

export interface CsvSource {
  /** A relation whose columns are all text. */
  readonly relation: string;
  readonly format: FoundFormat;
  /** Lines below the header that are neither blank nor a comment. */
  readonly lines: number;
}

/** `sep=;`, by which Excel is told the delimiter before the header. */
const delimiterLine = /^"?sep=(.)"?$/i;

const delimiters = [',', ';', '\t', '|'];

/**
 * A CSV file as a relation. Nothing is guessed by DuckDB: the header is the first line that is left, and gives the columns; every further
 * line is a row, or the reading fails with its number. `expected` are the names by which the delimiter is found; `columns` say which cells are numbers and times. Throws `InvalidDataError`.
 */
export async function csvSource(
  database: Database,
  path: string,
  declared: CsvFormat,
  expected: readonly string[],
  columns: DatasetDefinition['columns'],
): Promise<CsvSource> {
  const { quote = '"', escape = quote, comment, skip = 0 } = declared;
  const encoding = declared.encoding ?? ((await markOf(path)) === 'utf-16' ? 'utf-16' : 'utf-8');
  const plain = (): Promise<string> =>
    plainCsv(database, path, { quote, escape, skip, comment, encoding }, declared.delimiter ?? delimiters.join(''));
  const read = async (file: string): Promise<CsvSource> => {
    const { relation, names, delimiter, lines } = await plainSource(
      database,
      { path, file, quote },
      declared.delimiter,
      expected,
    );
    const { decimal = '.', time = null } = declared;
    return {
      relation: withLocalCells(database.bind, relation, names, columns, declared),
      format: { delimiter, quote, escape, comment: comment ?? null, skip, encoding, decimal, time },
      lines,
    };
  };
  if (comment !== undefined || skip > 0 || escape !== quote || encoding !== 'utf-8') return read(await plain());
  try {
    return await read(path);
  } catch (error) {
    // What DuckDB says of line ends of several kinds.
    if (!(error instanceof Error) || !error.message.includes('state machine reached an invalid state')) throw error;
    return read(await plain());
  }
}

/** Of a file without comments, in UTF-8. Reads all of it, so that what is wrong with its lines is found here. */
async function plainSource(
  database: Database,
  { path, file, quote }: { path: string; file: string; quote: string },
  declared: string | undefined,
  expected: readonly string[],
): Promise<{ relation: string; names: string[]; delimiter: string; lines: number }> {
  const { bind } = database;
  const lines = linesOf(database, file);
  const firstLines = await database.rows(
    `select number, line from (select line, row_number() over () as number from ${lines}) where line is not null limit 2`,
  );
  const said = delimiterLine.exec(String(firstLines[0]?.[1] ?? ''))?.[1];
  const [number, header] = firstLines[said === undefined ? 0 : 1] ?? [];
  if (header === undefined) throw invalidSource(path, `it has no header line: the first line names the columns`);
  const { delimiter, names: given } = splitHeader(path, String(header), declared ?? said, quote, expected);
  const endsInDelimiter = given.length > 1 && given.at(-1) === '';
  const named = withoutGap(endsInDelimiter ? given.slice(0, -1) : given);
  checkColumnNames(path, named);
  const nothing = endsInDelimiter
    ? freeName(
        'pawl_nothing',
        named.map((name) => ({ name, type: '' })),
      )
    : null;
  const names = nothing === null ? named : [...named, nothing];
  const options = [
    'auto_detect = false',
    'header = true',
    `columns = ${database.columnsOf('VARCHAR', names)}`,
    `delim = ${bind(delimiter)}`,
    `quote = ${bind(quote)}`,
    `escape = ${bind(quote)}`,
    `skip = ${countOf(number) - 1}`,
    'strict_mode = true',
    'null_padding = false',
    'hive_partitioning = false',
  ];
  const whole = `read_csv(${fileSql(database, file)}, ${options.join(', ')})`;
  const relation = nothing === null ? whole : `(select * exclude (${identifier(nothing)}) from ${whole})`;
  const [filled] = await database.row(
    `select count(${nothing === null ? 'null' : `nullif(${identifier(nothing)}, '')`}) from ${whole}`,
  );
  if (countOf(filled) > 0)
    throw invalidSource(
      path,
      `the last column of its header has no name, and ${countOf(filled)} of its cells have a value: name it, or leave these cells empty`,
    );
  const fieldsIn = `length(line) - length(replace(line, ${bind(delimiter)}, '')) + 1`;
  const [counted, doubtful] = await database.row(
    `select count(line), count(*) filter (
       (ends_with(line, ${bind(delimiter)}) or ends_with(line, ${bind(delimiter + quote + quote)}))
       and (contains(line, ${bind(quote)}) or ${fieldsIn} <> ${names.length})) from ${lines}`,
  );
  if (countOf(doubtful) > 0) await refuseMoreFields(path, file, quote, delimiter, names.length);
  return { relation, names: named, delimiter, lines: countOf(counted) - (said === undefined ? 1 : 2) };
}

/** DuckDB wants a delimiter, and takes an empty one for the NUL character. */
const inNoText = '\u0001\u0002\u0003\u0004';

/** The lines of a text file, null where they are blank: nothing is a quote or a delimiter. */
const linesOf = (database: Database, file: string): string =>
  `read_csv(${fileSql(database, file)}, auto_detect = false, header = false, columns = {'line': 'VARCHAR'}, delim = ${database.bind(inNoText)}, quote = '', escape = '', strict_mode = false, hive_partitioning = false)`;

/** What pandas and R call rows by has no name in their files, and comes first. */
function withoutGap([first, ...others]: readonly string[]): string[] {
  if (first !== '' || others.includes('')) return [first ?? '', ...others];
  const free = (name: string): string =>
    others.some((other) => other.toLowerCase() === name) ? free(`${name}_`) : name;
  return [free('unnamed'), ...others];
}

function splitHeader(
  path: string,
  header: string,
  declared: string | undefined,
  quote: string,
  expected: readonly string[],
): { delimiter: string; names: string[] } {
  // Names that differ by case or blanks alone make it the header all the same: that the columns are missing is said elsewhere.
  const wanted = new Set(expected.map(plainName));
  const splits = (declared === undefined ? delimiters : [declared]).map((delimiter) => {
    const names = fieldsOf(header, delimiter, quote);
    return { delimiter, names, known: names.filter((name) => wanted.has(plainName(name))).length };
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
