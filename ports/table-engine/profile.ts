import type { Column, DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ColumnDrift, ColumnProfile, DataProfile } from '../../contracts/evidence/data.ts';
import { isOutside, isUnknown } from './cell-faults.ts';
import { batchesOf, copyColumns, rowsOf } from './column-batches.ts';
import { countOf, numberOf, type Database, type FileColumn } from './connection.ts';
import { countDrift } from './drift-counts.ts';
import { countLabels } from './count-labels.ts';
import { keyOf, readingOf } from './expressions.ts';
import { findExtremes } from './find-extremes.ts';
import { findLostDigits } from './find-lost-digits.ts';
import { parquet } from './source.ts';
import type { TableEngine } from './port.ts';

const mostTop = 20;
const mostExamples = 5;
const longestText = 80;
/** Beyond this, squares are infinite and DuckDB's deviation fails. */
const largest = 1e150;

/** Facts about a file, column by column, also of a faulty one. */
export async function profile(
  database: Database,
  { path, dataset, reference, labelSpace, onColumns }: Parameters<TableEngine['profile']>[0],
): Promise<DataProfile> {
  await database.inTimeZone(dataset.timezone);
  const table = parquet(database, path);
  const found = await database.columns(table);
  const rows = await rowsOf(database, table);
  const columns = new Map<string, ColumnProfile>();
  const drift: ColumnDrift[] = [];
  const before = reference === null ? null : await tableOf(database, reference);
  const present = found.filter(({ name }) => dataset.columns[name] !== undefined);
  for (const batch of batchesOf(present, Math.max(rows, before?.rows ?? 0))) {
    await copyColumns(database, 'batch', table, batch);
    for (const file of batch) {
      const declared = dataset.columns[file.name];
      if (declared === undefined) continue;
      onColumns?.(columns.size, present.length);
      columns.set(file.name, await profileColumn(database, 'batch', file, declared));
    }
    if (before === null) continue;
    const known = before.columns.filter(({ name }) => batch.some((column) => column.name === name));
    await copyColumns(database, 'batch_before', before.table, known);
    drift.push(
      ...(await countDrift(
        database,
        dataset.columns,
        { table: 'batch_before', rows: before.rows, columns: known },
        { table: 'batch', rows, columns: batch },
      )),
    );
  }
  const names = Object.keys(dataset.columns);
  return {
    rows,
    duplicateKeys: await duplicateKeys(database, table, found, dataset),
    unexpectedColumns: found.map(({ name }) => name).filter((name) => dataset.columns[name] === undefined),
    columns: names.map((name) => columns.get(name) ?? missingColumn(name, rows)),
    ...(await countLabels(
      database,
      table,
      found.find(({ name }) => name === dataset.target),
      labelSpace,
    )),
    drift: drift.toSorted((a, b) => names.indexOf(a.column) - names.indexOf(b.column)),
  };
}

async function tableOf(database: Database, path: string) {
  const table = parquet(database, path);
  return { table, columns: await database.columns(table), rows: await rowsOf(database, table) };
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
  extremes: null,
  lostDigits: null,
  top: [],
});

async function profileColumn(
  database: Database,
  table: string,
  file: FileColumn,
  declared: Column,
): Promise<ColumnProfile> {
  const { text, code, wrongType, number } = readingOf(database.bind, file, declared);
  const isNumber = (declared.type === 'integer' || declared.type === 'number') && declared.kind !== 'categorical';
  // A value has one fault at most: a word is not out of range as well, nor an impossible number an unknown code.
  const reading = `(select *, not wrong and not outside and ${isUnknown(database.bind, declared, 'code')} as unknown from (
     select *, not wrong and ${isOutside(database.bind, declared, 'number')} as outside from (
       select ${text} as value, ${code} as code, ${number} as number, coalesce(${wrongType}, false) as wrong from ${table})))`;
  const counted = isNumber ? `not wrong and abs(number) < ${largest}` : 'false';
  const [rows, present, distinct, wrong, outside, unknown, min, max, mean, deviation] = await database.row(
    `select count(*), count(value), count(distinct code), count(*) filter (wrong), count(*) filter (outside),
       count(*) filter (unknown), min(number) filter (${counted}), max(number) filter (${counted}),
       avg(number) filter (${counted}), stddev_pop(number) filter (${counted}) from ${reading}`,
  );
  const faults = countOf(wrong) + countOf(outside) + countOf(unknown);
  const examples =
    faults === 0
      ? []
      : await frequencies(database, 'value', `${reading} where wrong or outside or unknown`, mostExamples);
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
    lostDigits: await findLostDigits(database, reading, declared, { min: numberOf(min), max: numberOf(max) }),
    extremes: isNumber && numberOf(min) !== numberOf(max) ? await findExtremes(database, reading, declared) : null,
    top:
      declared.kind === 'key'
        ? []
        : await frequencies(database, 'code', `(select ${code} as code from ${table})`, mostTop),
  };
}

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
  const key = keyOf(database.bind, found, dataset);
  if (key === null) return 0;
  return countOf((await database.row(`select count(${key.text}) - count(distinct ${key.text}) from ${table}`))[0]);
}
