import { float32Limit } from '../../contracts/data/cell.ts';
import { columnSchema, columnTypes, type Column, type CsvFormat } from '../../contracts/data/dataset.ts';
import type { ColumnFacts, FileFacts } from '../../contracts/data/file-facts.ts';
import { columnMeant } from '../../contracts/did-you-mean.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { shownNames } from '../../contracts/shown-text.ts';
import { isOneOf } from '../sql.ts';
import { countOf, identifier, numberOf, type Database, type FileColumn } from './connection.ts';
import { readingOf } from './expressions.ts';
import { withLocalCells } from './local-cells.ts';
import type { TableEngine } from './port.ts';
import { readingSource, sourceRelation } from './source.ts';
import { linesIn, markOf } from './text-lines.ts';

type Job = Parameters<TableEngine['describeFile']>[0];

const nestedType = /\]$|^(STRUCT|MAP|UNION)\(/;
const mostTop = 30;
/** Numbers of a target that may be two classes: a correlation with them says nothing. */
const mostClassNumbers = 2;
const mostOdd = 3;
const longestText = 80;
/** Beyond this, squares are too large for a correlation. */
const largest = 1e15;
/** Whole numbers from here on are ids. */
const idsFrom = 1e15;
/** A day in any order, with all digits of its year. */
const dayForm = String.raw`^\s*(\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})\b`;
/** `$1,234.50`, `5 %`: what a spreadsheet makes of numbers. */
const dressedNumber = String.raw`^[+-]?[$€£]?\s?[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?\s?[%$€£]?$`;
/** A comma before one, two, or more than three digits parts no thousands. */
const certainComma = String.raw`^\s*[+-]?[\d.' ]*,(\d{1,2}|\d{4,})\s*$`;

/** `05-Jan-22`, `Jan 05, 2022`, `05.01.22`: a day with a month in words, or a year of two digits, and perhaps a clock. */
const month = '(jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*';
const otherTime = String.raw`^(\d{1,2}[ ./-]+${month}[ ,./-]+(\d{2}|\d{4})|${month}[ ./-]+\d{1,2}[ ,./-]+\d{4}|\d{2}([./-])\d{2}[./-]\d{2})([ t,]+\d{1,2}:\d{2}.*)?$|^\d{1,2}[./-]\d{1,2}[./-]\d{4}[ ,]+\d{1,2}:\d{2}(:\d{2})? ?[ap]\.?m\.?$`;
const thousandsForm = String.raw`^[+-]?[1-9]\d{0,2}(\.\d{3})+$`;
const belowThousandForm = String.raw`^[+-]?\d{1,3}$`;

/** Facts about a file that no definition describes yet. Throws `InvalidDataError` for a file that cannot be read. */
export const describeFile = (database: Database, job: Job): Promise<FileFacts> =>
  readingSource(job.source, async () => {
    const { csv, names, nested } = await readTexts(database, job.source, {});
    if (!names.includes(job.target)) throw noTarget(job, names);
    const isNumber = await readLabels(database, job);
    const columns: ColumnFacts[] = [];
    for (const name of names)
      columns.push(await describeColumn(database, name, job, { isNumber, isCsv: csv !== null }));
    const rows = countOf((await database.row('select count(*) from described'))[0]);
    return { rows, csv: csv === null ? null : { delimiter: csv.delimiter, encoding: csv.encoding }, columns, nested };
  });

function noTarget({ source, target }: Job, names: readonly string[]): PawlError {
  const meant = columnMeant(target, names);
  const instead =
    meant === null
      ? `name one of ${shownNames(names)}`
      : `did you mean ${JSON.stringify(meant)}? It has ${shownNames(names)}`;
  const message = `${source} has no column ${JSON.stringify(target)}: ${instead}`;
  return new PawlError(errorTypes.invalidData, message, { source });
}

/** Copies the rows of a file, in their order, with their number in a column before the others, to a CSV file. */
export const numberRows = (
  database: Database,
  { source, target, column, csv }: Parameters<TableEngine['numberRows']>[0],
): Promise<void> =>
  readingSource(source, async () => {
    await readTexts(database, source, csv);
    await database.run(
      `copy (select row_number() over () as ${identifier(column)}, * from described) to $1 (format csv, header)`,
      [target],
    );
  });

/** Puts the file into the temporary table `described`, each cell as text. */
async function readTexts(database: Database, source: string, csv: CsvFormat) {
  const format =
    csv.encoding === undefined && !(await isUnicode(source)) ? { ...csv, encoding: 'latin-1' as const } : csv;
  const hints = { csv: format, declared: {} };
  const first = await sourceRelation(database, source, { ...hints, columns: [] });
  const all = await database.columns(first.relation);
  const scalar = all.filter(({ type }) => !nestedType.test(type));
  // NDJSON refuses lists and objects in columns that are named.
  const found =
    first.csv === null ? await sourceRelation(database, source, { ...hints, columns: namesOf(all) }) : first;
  const texts = scalar.map(({ name }) => `(${identifier(name)})::varchar as ${identifier(name)}`);
  await database.run(`create or replace temp table described as select ${texts.join(', ')} from ${found.relation}`);
  return { csv: found.csv, names: namesOf(scalar), nested: namesOf(all.filter((column) => !scalar.includes(column))) };
}

const namesOf = (columns: readonly FileColumn[]): string[] => columns.map(({ name }) => name);

/** Whether a text file is UTF-8 or UTF-16, or the file is not a text. */
async function isUnicode(path: string): Promise<boolean> {
  if (!/\.(csv|tsv)(\.(gz|zst))?$/i.test(path) || (await markOf(path)) === 'utf-16') return true;
  try {
    const lines = linesIn(path, 'utf-8')[Symbol.asyncIterator]();
    while ((await lines.next()).done !== true);
    return true;
  } catch (error) {
    if (error instanceof PawlError && error.type === errorTypes.invalidData) return false;
    throw error;
  }
}

/** Puts the labels, row by row, into the temporary table `labels`. Says whether they are more than two numbers. */
async function readLabels(database: Database, { target, missing }: Job): Promise<boolean> {
  const { text, number } = readingOf(database.bind, { name: target, type: 'VARCHAR' }, { type: 'number', missing });
  await database.run(`create or replace temp table labels as select ${text} as label, ${number} as y from described`);
  return countOf((await database.row('select count(distinct y) from labels'))[0]) > mostClassNumbers;
}

/** A column of the temporary table `cells`: each value once, with the number of its rows, so that few values are read fast. */
const cell = { name: 'value', type: 'VARCHAR' };

async function describeColumn(
  database: Database,
  name: string,
  job: Job,
  { isNumber, isCsv }: { readonly isNumber: boolean; readonly isCsv: boolean },
): Promise<ColumnFacts> {
  const { bind } = database;
  await database.run(
    `create or replace temp table cells as select ${identifier(name)} as value, count(*) as n from described group by 1`,
  );
  const reading = (type: Column['type'], missing = job.missing) => readingOf(bind, cell, { type, missing });
  const { text, number } = reading('number');
  const isHeld = `abs(${number}) < ${float32Limit}`;
  const counts = columnTypes.map((type) => {
    const { text, wrongType } = reading(type, type === 'string' ? [] : job.missing);
    const held = type === 'integer' || type === 'number' ? ` and ${isHeld}` : '';
    return rowsWhere(`${text} is not null and not coalesce(${wrongType}, false)${held}`);
  });
  const [rows, texts, filled, distinct, points, zeros, wide, dressed, min, max, ...byType] = await database.row(
    `select sum(n), ${rowsWhere(`value <> ''`)}, ${rowsWhere(`${text} is not null`)}, count(nullif(value, '')),
       ${rowsWhere(`${number} is not null and contains(${text}, '.')`)}, ${rowsWhere(`regexp_matches(${text}, '^[+-]?0\\d')`)},
       ${rowsWhere(`${isHeld} and abs(${number}) >= ${idsFrom}`)},
       ${rowsWhere(`${number} is null and regexp_matches(${text}, ${bind(dressedNumber)})`)}, min(${number}) filter (${isHeld}), max(${number}) filter (${isHeld}), ${counts.join(', ')} from cells`,
  );
  const words = await frequencies(database, 'trim(value)', isOneOf('trim(value)', bind(job.missing)));
  const values = Object.fromEntries(columnTypes.map((type, i) => [type, countOf(byType[i])])) as ColumnFacts['values'];
  const matching = (form: string): string => rowsWhere(`regexp_matches(${text}, ${bind(form)}, 'i')`);
  const day = `try_strptime(${text}, '%Y%m%d')`;
  const [compactDays, otherTimes, thousands, belowThousand, exponent] = await database.row(
    `select ${rowsWhere(`regexp_full_match(${text}, '\\d{8}') and year(${day}) between 1900 and 2100`)}, ${matching(otherTime)}, ${matching(thousandsForm)},
       ${matching(belowThousandForm)}, min(${text}) filter (regexp_full_match(${text}, '\\d+[eE]\\d+')) from cells`,
  );
  const [alike] = await database.rows(
    `select min(${text}), max(${text}) from cells where regexp_full_match(${text}, '[+-]?\\d+\\.\\d+') group by ${number} having count(distinct ${text}) > 1 order by 1 limit 1`,
  );
  return {
    name,
    rows: countOf(rows),
    texts: countOf(texts),
    filled: countOf(filled),
    words: words.map(({ value, rows }) => ({ word: value, rows })),
    distinct: countOf(distinct),
    top: await frequencies(database, 'value', `value <> ''`),
    values,
    odd: values.number === countOf(filled) ? [] : await oddAmong(database, 'cells', values.number, job),
    wide: countOf(wide),
    dressed: countOf(dressed),
    points: countOf(points),
    leadingZeros: countOf(zeros),
    compactDays: countOf(compactDays),
    otherTimes: countOf(otherTimes),
    thousands: isCsv ? countOf(thousands) : 0,
    belowThousand: isCsv ? countOf(belowThousand) : 0,
    exponent: typeof exponent === 'string' ? exponent : null,
    alike: (alike ?? []).map(String),
    min: numberOf(min),
    max: numberOf(max),
    comma: await withComma(database, job, countOf(filled)),
    times: await timesOf(database, job),
    target: await besideTarget(database, name, isNumber, job),
  };
}

/** Cells among numbers that are none which float32 holds; none where there are no numbers. */
async function oddAmong(database: Database, relation: string, numbers: number, { missing }: Job): Promise<string[]> {
  if (numbers === 0) return [];
  const { text, number } = readingOf(database.bind, cell, { type: 'number', missing });
  const isOdd = `${text} is not null and coalesce(abs(${number}) >= ${float32Limit}, true)`;
  return (await frequencies(database, 'value', isOdd, relation, mostOdd)).map(({ value }) => value);
}

const rowsWhere = (condition: string): string => `sum(n) filter (${condition})`;

async function frequencies(database: Database, value: string, condition: string, relation = 'cells', most = mostTop) {
  const rows = await database.rows(
    `select left(${value}, ${longestText}), sum(n) from ${relation} where ${condition} group by ${value}
     order by 2 desc, ${value} limit ${most}`,
  );
  return rows.map(([value, count]) => ({ value: String(value), rows: countOf(count) }));
}

/** Cells as `csv` would have them read, beside the number of their rows. */
function localCells(database: Database, relation: string, type: Column['type'], csv: CsvFormat): string {
  const columns = { value: columnSchema.parse({ type, kind: 'carried' }) };
  return withLocalCells(database.bind, relation, ['value', 'n'], columns, csv);
}

async function withComma(database: Database, job: Job, filled: number): Promise<ColumnFacts['comma']> {
  const { bind } = database;
  const of = (type: Column['type']): string => {
    const { number, wrongType } = readingOf(bind, cell, { type, missing: job.missing });
    return rowsWhere(`abs(${number}) < ${float32Limit} and not coalesce(${wrongType}, false)`);
  };
  const [certain] = await database.row(
    `select ${rowsWhere(`regexp_matches(value, ${bind(certainComma)})`)} from cells`,
  );
  const local = localCells(database, 'cells', 'number', { decimal: ',' });
  const { number: value } = readingOf(bind, cell, { type: 'number', missing: job.missing });
  const [integer, number, min, max] = await database.row(
    `select ${of('integer')}, ${of('number')}, min(${value}) filter (abs(${value}) < ${float32Limit}), max(${value}) filter (abs(${value}) < ${float32Limit}) from ${local}`,
  );
  return {
    integer: countOf(integer),
    number: countOf(number),
    certain: countOf(certain),
    min: numberOf(min),
    max: numberOf(max),
    odd: countOf(number) === filled ? [] : await oddAmong(database, local, countOf(number), job),
  };
}

async function timesOf(database: Database, { missing, times }: Job): Promise<Record<string, number>> {
  const { bind } = database;
  const days = `(select value, n from cells where regexp_matches(value, ${bind(dayForm)}))`;
  if (countOf((await database.row(`select count(*) from ${days}`))[0]) === 0) return {};
  const { moment } = readingOf(bind, cell, { type: 'timestamp', missing });
  const counted: [string, number][] = [];
  for (const format of times) {
    const local = localCells(database, days, 'timestamp', { time: format });
    counted.push([
      format,
      countOf((await database.row(`select ${rowsWhere(`${moment} is not null`)} from ${local}`))[0]),
    ]);
  }
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

async function besideTarget(
  database: Database,
  name: string,
  isNumber: boolean,
  { missing }: Job,
): Promise<ColumnFacts['target']> {
  const { number } = readingOf(database.bind, { name, type: 'VARCHAR' }, { type: 'number', missing });
  const x = isNumber ? number : 'null::double';
  // Columns of the file are named in a query of their own: the names of `labels` may be theirs.
  const own = `select coalesce(trim(${identifier(name)}), '') as own, ${x} as x from described`;
  const [rows, same, texts, pairs, correlation] = await database.row(
    `select count(*), count(*) filter (own = label), count(distinct own), count(distinct (own, label)),
       corr(x, y) filter (abs(x) < ${largest} and abs(y) < ${largest})
     from (${own}) positional join labels where label is not null`,
  );
  return {
    rows: countOf(rows),
    same: countOf(same),
    texts: countOf(texts),
    pairs: countOf(pairs),
    correlation: numberOf(correlation),
  };
}
