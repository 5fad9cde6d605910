import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { CsvFormat } from '../../contracts/data/dataset.ts';
import { privateFile } from '../private-files.ts';
import type { Database } from './connection.ts';
import { CsvRecords, withDoubledQuotes } from './csv-records.ts';
import { invalidSource } from './source-file.ts';
import { linesIn, type TextLine, type TextEncoding } from './text-lines.ts';

type Form = Required<Pick<CsvFormat, 'quote' | 'escape' | 'skip' | 'encoding'>> & Pick<CsvFormat, 'comment'>;

/**
 * Writes a CSV file again as DuckDB reads all of it: UTF-8, one kind of line end, and blank lines for comments and for lines above the header,
 * so that each line keeps its number. Returns the path of the copy.
 */
export async function plainCsv(
  database: Database,
  path: string,
  { quote, escape, skip, comment, encoding }: Form,
  delimiters: string,
): Promise<string> {
  const records = new CsvRecords(quote, delimiters);
  let above = skip;
  const plain = ({ text, end }: TextLine): string => {
    if (!records.quoted && comment !== undefined && text.startsWith(comment)) return '\n';
    if (!records.quoted && above > 0) {
      if (text !== '') above -= 1;
      return '\n';
    }
    const line = withDoubledQuotes(text, records.quoted, { quote, escape, delimiters });
    // Almost every line has no quote.
    if (records.quoted || line.includes(quote)) records.read(line);
    return `${line}${records.quoted || end === '' ? end : '\n'}`;
  };
  return writePlain(database, path, encoding, plain);
}

/** Writes a text file again as UTF-8 without a byte order mark. Returns the path of the copy. */
export async function writePlain(
  database: Database,
  path: string,
  encoding: TextEncoding,
  plain = ({ text, end }: TextLine): string => `${text}${end}`,
): Promise<string> {
  const target = database.scratch();
  await pipeline(
    async function* () {
      for await (const lines of linesIn(path, encoding)) yield lines.map(plain).join('');
    },
    createWriteStream(target, { mode: privateFile }),
    { signal: database.signal },
  );
  return target;
}

/** Throws `InvalidDataError` for the first row with more fields than the header: DuckDB leaves empty ones out. */
export async function refuseMoreFields(
  source: string,
  path: string,
  quote: string,
  delimiter: string,
  fields: number,
): Promise<void> {
  const records = new CsvRecords(quote, delimiter);
  let number = 0;
  for await (const lines of linesIn(path, 'utf-8'))
    for (const { text } of lines) {
      number += 1;
      records.read(text);
      if (!records.quoted && records.fields > fields)
        throw invalidSource(
          source,
          `line ${number} has ${records.fields} fields where the header has ${fields} (${JSON.stringify(text.slice(0, 120))}): correct the line, or declare csv.delimiter or csv.quote`,
        );
    }
}
