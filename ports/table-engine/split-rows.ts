import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { freeName, type Database, type FileColumn } from './connection.ts';
import { isLabelled, readingOf, timeOf, type KeyReading } from './expressions.ts';
import type { Fold, SplitPart, SplitSide, TableEngine } from './port.ts';
import { parquet } from './source.ts';

type SplitJob = Parameters<TableEngine['readFrame']>[0];

/** What `sideRows` calls the number of a row in its file. */
export const rowNumberOf = (found: readonly FileColumn[]): string => freeName('pawl_row_number', found);

/** The rows of a Parquet file with their numbers. DuckDB cannot number them where a column has the name that it would give. */
function numberedRows(database: Database, path: string, found: readonly FileColumn[]): string {
  const name = rowNumberOf(found);
  return freeName('file_row_number', found) === 'file_row_number'
    ? `select * exclude (file_row_number), file_row_number as ${name} from ${parquet(database, path, 'file_row_number = true')}`
    : `select *, row_number() over () - 1 as ${name} from ${parquet(database, path)}`;
}

/** SQL of the rows of a snapshot, or of one side of its split, with `rowNumberOf`; `labelled` leaves rows out before they are split. */
export function sideRows(
  database: Database,
  job: Pick<SplitJob, 'path' | 'dataset' | 'split' | 'labelled'>,
  key: KeyReading | null,
  found: readonly FileColumn[],
): string {
  const labelled = job.labelled === true ? ` where ${isLabelled(database.bind, found, job.dataset)}` : '';
  return sideOf(database, `select * from (${numberedRows(database, job.path, found)})${labelled}`, job, key, found);
}

/**
 * The rows of one side of the split. Hash: by the first 32 bits of the MD5 of `pawl-split/<key>`. Group: as hash, by the value of a column. Time: the
 * newest rows test. Stratified: by the place among the rows of the same label, in the order of the hash. Folds share the place out (`isOnSide`).
 */
function sideOf(
  database: Database,
  rows: string,
  { split, dataset }: Pick<SplitJob, 'split' | 'dataset'>,
  key: KeyReading | null,
  found: readonly FileColumn[],
): string {
  if (split === undefined) return rows;
  const { rule } = split;
  const number = rowNumberOf(found);
  const place = freeName('pawl_place', found);
  const ofRow = `coalesce(${key?.text ?? `${number}::varchar`}, 'row ' || ${number}::varchar)`;
  const hashOf = (text: string): string => `md5('pawl-split/' || ${text})`;
  const shareOf = (hash: string): string => `('0x' || substr(${hash}, 1, 8))::ubigint / 4294967296.0`;
  const hash = hashOf(ofRow);
  const places = {
    hash: () => shareOf(hash),
    // A row without a group is one of its own.
    group: () =>
      shareOf(hashOf(`coalesce('group ' || ${codeOfColumn(database, rule.group ?? '', dataset, found)}, ${ofRow})`)),
    time: () =>
      `(row_number() over (order by ${timeColumn(database, dataset, found)} desc nulls last, ${hash}) - 1) / (count(*) over ())`,
    stratified: () => {
      const label = codeOfColumn(database, dataset.target, dataset, found);
      return `(row_number() over (partition by ${label} order by ${hash}) - 0.5) / (count(*) over (partition by ${label}))`;
    },
  };
  const u = places[rule.by]();
  return `select * exclude (${place}) from (select *, ${u} as ${place} from (${rows})) where ${isOnSide(place, split)}`;
}

/** SQL of whether a place, in [0, 1), is on the side. */
function isOnSide(place: string, { rule, side, fold }: SplitPart): string {
  // 0.2 + 0.1 is a little more than 0.3.
  const fromTrain = Number((rule.test + rule.validation).toFixed(9));
  if (fold === undefined)
    return {
      test: `${place} < ${rule.test}`,
      validation: `${place} >= ${rule.test} and ${place} < ${fromTrain}`,
      train: `${place} >= ${fromTrain}`,
    }[side];
  const validation = Number((rule.validation / (1 - rule.test)).toFixed(9));
  return rule.by === 'time' ? ofRollingOrigin(place, side, fold, validation) : ofFold(place, side, fold, validation);
}

/** Each fold tests on its equal part of the places; of every other part the same share validates. */
function ofFold(place: string, side: SplitSide, { index, of }: Fold, validation: number): string {
  const part = `least(floor(${place} * ${of}), ${of - 1})`;
  const within = `(${place} * ${of} - ${part})`;
  return {
    test: `${part} = ${index}`,
    validation: `${part} <> ${index} and ${within} < ${validation}`,
    train: `${part} <> ${index} and ${within} >= ${validation}`,
  }[side];
}

/** Of `of + 1` equal parts from the oldest rows on, a fold tests on the part after those that it knows; the newest known rows validate. */
function ofRollingOrigin(place: string, side: SplitSide, { index, of }: Fold, validation: number): string {
  // 0.15 * 5 is a little less than 0.75.
  const age = `round((1 - ${place}) * ${of + 1}, 9)`;
  const known = index + 1;
  const trained = Number((known * (1 - validation)).toFixed(9));
  return {
    test: `${age} > ${known} and ${age} <= ${known + 1}`,
    validation: `${age} > ${trained} and ${age} <= ${known}`,
    train: `${age} <= ${trained}`,
  }[side];
}

/** Code of a column, in SQL. Throws `InvalidDataError` where the file lacks it. */
export function codeOfColumn(
  database: Database,
  name: string,
  dataset: DatasetDefinition,
  found: readonly FileColumn[],
): string {
  const [file, declared] = [found.find((column) => column.name === name), dataset.columns[name]];
  if (file !== undefined && declared !== undefined) return readingOf(database.bind, file, declared).code;
  throw new PawlError(errorTypes.invalidData, `the data have no column "${name}" to split by: correct "split"`, {
    column: name,
  });
}

function timeColumn(database: Database, dataset: DatasetDefinition, found: readonly FileColumn[]): string {
  const time = timeOf(database.bind, found, dataset);
  if (time !== null) return time;
  throw new PawlError(
    errorTypes.invalidConfig,
    `dataset "${dataset.dataset}" has no time column to split by: declare "time" in its definition, or split by hash`,
    { dataset: dataset.dataset },
  );
}
