import type { Column, DatasetDefinition } from '../../contracts/dataset.ts';
import type { ColumnProfile, DataProfile } from '../../contracts/evidence/data.ts';
import { countOf, numberOf, type Database, type FileColumn } from './connection.ts';
import { countDrift } from './drift-counts.ts';
import { keyOf, readingOf } from './expressions.ts';
import { parquet } from './source.ts';
import type { TableEngine } from './port.ts';

const mostTop = 20;
const mostExamples = 5;
const mostLabels = 100;
const longestText = 80;
/** Beyond this, squares are infinite and DuckDB's deviation fails. */
const largest = 1e150;

/** Facts about a file, column by column, whatever is wrong with it. */
export async function profile(
  database: Database,
  { path, dataset, reference }: Parameters<TableEngine['profile']>[0],
): Promise<DataProfile> {
  const table = parquet(path);
  const found = await database.columns(table);
  const rows = countOf((await database.row(`select count(*) from ${table}`))[0]);
  const columns: ColumnProfile[] = [];
  for (const [name, declared] of Object.entries(dataset.columns)) {
    const file = found.find((column) => column.name === name);
    columns.push(file === undefined ? missingColumn(name, rows) : await profileColumn(database, table, file, declared));
  }
  return {
    rows,
    duplicateKeys: await duplicateKeys(database, table, found, dataset),
    unexpectedColumns: found.map(({ name }) => name).filter((name) => dataset.columns[name] === undefined),
    columns,
    labels: await labels(database, table, found, dataset),
    drift: reference === null ? [] : await countDrift(database, { table, found, reference, dataset }),
  };
}

const missingColumn = (column: string, rows: number): ColumnProfile => ({
  column,
  foundType: null,
  rows,
  nulls: rows,
  distinct: 0,
  wrongType: 0,
  outOfRange: 0,
  notAllowed: 0,
  examples: [],
  min: null,
  max: null,
  mean: null,
  deviation: null,
  top: [],
});

async function profileColumn(
  database: Database,
  table: string,
  file: FileColumn,
  declared: Column,
): Promise<ColumnProfile> {
  const { text, code, wrongType, number } = readingOf(file, declared);
  const isNumber = (declared.type === 'integer' || declared.type === 'number') && declared.kind !== 'categorical';
  const unknownCode = await isUnknown(database, declared);
  // A value has one fault at most: a word is not out of range as well, nor an impossible number an unknown code.
  await database.run(
    `create or replace temp view reading as
     select *, not wrong and not outside and ${unknownCode} as unknown from (
       select *, not wrong and ${isNumber ? isOutside(declared) : 'false'} as outside from (
         select ${text} as value, ${code} as code, ${number} as number, coalesce(${wrongType}, false) as wrong from ${table}))`,
  );
  const counted = isNumber ? `not wrong and abs(number) < ${largest}` : 'false';
  const [rows, present, distinct, wrong, outside, unknown, min, max, mean, deviation] = await database.row(
    `select count(*), count(value), count(distinct code), count(*) filter (wrong), count(*) filter (outside),
       count(*) filter (unknown), min(number) filter (${counted}), max(number) filter (${counted}),
       avg(number) filter (${counted}), stddev_pop(number) filter (${counted}) from reading`,
  );
  const faults = countOf(wrong) + countOf(outside) + countOf(unknown);
  const examples =
    faults === 0 ? [] : await frequencies(database, 'value', 'reading where wrong or outside or unknown', mostExamples);
  return {
    column: file.name,
    foundType: file.type,
    rows: countOf(rows),
    nulls: countOf(rows) - countOf(present),
    distinct: countOf(distinct),
    wrongType: countOf(wrong),
    outOfRange: countOf(outside),
    notAllowed: countOf(unknown),
    examples: examples.map(({ value }) => value),
    min: numberOf(min),
    max: numberOf(max),
    mean: numberOf(mean),
    deviation: numberOf(deviation),
    top: declared.kind === 'key' ? [] : await frequencies(database, 'code', 'reading', mostTop),
  };
}

/** Infinite numbers are outside every range. */
function isOutside({ min, max }: Column): string {
  const conditions = [
    'isinf(number)',
    ...(min === undefined ? [] : [`number < ${min}`]),
    ...(max === undefined ? [] : [`number > ${max}`]),
  ];
  return `coalesce(${conditions.join(' or ')}, false)`;
}

const isUnknown = async (database: Database, { allowed }: Column): Promise<string> =>
  allowed === undefined ? 'false' : `code is not null and not list_contains(${await database.value(allowed)}, code)`;

/** The most frequent values, shortened where they are long. */
async function frequencies(database: Database, column: string, relation: string, most: number) {
  const rows = await database.rows(
    `select left(${column}, ${longestText}), count(*) from (select * from ${relation}) where ${column} is not null
     group by ${column} order by 2 desc, ${column} limit ${most}`,
  );
  return rows.map(([value, count]) => ({ value: String(value), rows: countOf(count) }));
}

/** Rows whose key another row had before. */
async function duplicateKeys(
  database: Database,
  table: string,
  found: readonly FileColumn[],
  dataset: DatasetDefinition,
) {
  const key = keyOf(found, dataset);
  if (key === null) return 0;
  return countOf((await database.row(`select count(${key.text}) - count(distinct ${key.text}) from ${table}`))[0]);
}

async function labels(database: Database, table: string, found: readonly FileColumn[], dataset: DatasetDefinition) {
  const file = found.find(({ name }) => name === dataset.target);
  const declared = dataset.columns[dataset.target];
  if (file === undefined || declared === undefined) return [];
  return frequencies(database, 'code', `(select ${readingOf(file, declared).code} as code from ${table})`, mostLabels);
}
