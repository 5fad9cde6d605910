import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { DatasetDefinition } from '../../contracts/data/dataset.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { countOf, freeName, identifier, type Database, type FileColumn } from './connection.ts';
import { parquet } from './source.ts';
import { isLabelled, keyOf, readingOf, timeOf, type KeyReading } from './expressions.ts';
import type { TableEngine } from './port.ts';

type FrameJob = Parameters<TableEngine['readFrame']>[0];

/** Reads columns in whole vectors: numbers as doubles, text as codes of an enum made of its values, so that each text is made once. */
export async function readFrame(database: Database, job: FrameJob): Promise<Frame> {
  await database.inTimeZone(job.dataset.timezone);
  const found = await database.columns(parquet(database, job.path));
  const plans = await planColumns(database, job, found);
  const key = keyOf(database.bind, found, job.dataset);
  const order = `${key === null ? '' : `${key.order}, `}${rowNumberOf(found)}`;
  await database.run(
    `create temp view wanted as select * from (${sideRows(database, job, key, found)}) ${limitOf(job.limit, key, rowNumberOf(found))}`,
  );
  const rowCount = countOf((await database.row('select count(*) from wanted'))[0]);
  const select = plans.map((plan) => plan.select).join(', ');
  const buffers = plans.map(({ isNumber }) =>
    isNumber ? new Float64Array(rowCount) : Array.from({ length: rowCount }, () => ''),
  );
  const result = await database.stream(`select ${select === '' ? '1' : select} from wanted order by ${order}`);
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [i, buffer] of buffers.entries()) copyVector(chunk, i, buffer, start);
    start += chunk.rowCount;
  }
  const columns = plans.map(({ name }, i): [string, ColumnData] => {
    const buffer = buffers[i] ?? [];
    return [
      name,
      buffer instanceof Float64Array ? { type: 'number', values: buffer } : { type: 'string', values: buffer },
    ];
  });
  return { rowCount, columns: Object.fromEntries(columns) };
}

interface ColumnPlan {
  readonly name: string;
  readonly select: string;
  readonly isNumber: boolean;
}

async function planColumns(database: Database, { path, dataset, columns }: FrameJob, found: readonly FileColumn[]) {
  const plans: ColumnPlan[] = [];
  for (const [i, name] of columns.entries()) {
    const file = found.find((column) => column.name === name);
    const declared = dataset.columns[name];
    if (file === undefined || declared === undefined)
      throw new PawlError(
        errorTypes.invalidData,
        `column "${name}" is not in ${file === undefined ? path : `dataset "${dataset.dataset}"`}: it holds ${found.map((column) => column.name).join(', ')}`,
        { column: name },
      );
    const { number, code } = readingOf(database.bind, file, declared);
    if ((declared.type === 'integer' || declared.type === 'number') && declared.kind !== 'categorical') {
      plans.push({ name, select: `coalesce(${number}, 'nan'::double)`, isNumber: true });
      continue;
    }
    const value = `coalesce(${code}, '')`;
    const type = identifier(`enum_${i}`);
    await database.run(
      `create type ${type} as enum (select distinct ${value} from ${parquet(database, path)} order by 1)`,
    );
    plans.push({ name, select: `(${value})::${type}`, isNumber: false });
  }
  return plans;
}

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
  job: Pick<FrameJob, 'path' | 'dataset' | 'split' | 'labelled'>,
  key: KeyReading | null,
  found: readonly FileColumn[],
): string {
  const labelled = job.labelled === true ? ` where ${isLabelled(database.bind, found, job.dataset)}` : '';
  return sideOf(database, `select * from (${numberedRows(database, job.path, found)})${labelled}`, job, key, found);
}

/**
 * The rows of one side of the split. Hash: by the first 32 bits of the MD5 of `pawl-split/<key>`. Group: as hash, by the value of a column. Time: the
 * newest rows test. Stratified: by the place among the rows of the same label, in the order of the hash.
 */
function sideOf(
  database: Database,
  rows: string,
  { split, dataset }: Pick<FrameJob, 'split' | 'dataset'>,
  key: KeyReading | null,
  found: readonly FileColumn[],
): string {
  if (split === undefined) return rows;
  const { rule, side } = split;
  const number = rowNumberOf(found);
  const place = freeName('pawl_place', found);
  const ofRow = `coalesce(${key?.text ?? `${number}::varchar`}, 'row ' || ${number}::varchar)`;
  const hashOf = (text: string): string => `md5('pawl-split/' || ${text})`;
  const shareOf = (hash: string): string => `('0x' || substr(${hash}, 1, 8))::ubigint / 4294967296.0`;
  const hash = hashOf(ofRow);
  const fromTest = rule.test;
  // 0.2 + 0.1 is a little more than 0.3.
  const fromTrain = Number((rule.test + rule.validation).toFixed(9));
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
  const condition = {
    test: `${place} < ${fromTest}`,
    validation: `${place} >= ${fromTest} and ${place} < ${fromTrain}`,
    train: `${place} >= ${fromTrain}`,
  }[side];
  return `select * exclude (${place}) from (select *, ${u} as ${place} from (${rows})) where ${condition}`;
}

/** Code of a column, in SQL. Throws `InvalidDataError` where the file lacks it. */
function codeOfColumn(
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

const limitOf = (limit: number | undefined, key: KeyReading | null, rowNumber: string): string =>
  limit === undefined
    ? ''
    : `order by ${key === null ? '' : `md5(${key.text}) nulls last, `}${rowNumber} limit ${Math.max(0, Math.floor(limit))}`;

function copyVector(
  chunk: DuckDBDataChunk,
  index: number,
  target: Float64Array | string[] | undefined,
  start: number,
): void {
  const vector = chunk.getColumnVector(index);
  if (target === undefined) return;
  if (target instanceof Float64Array)
    for (let row = 0; row < chunk.rowCount; row += 1) target[start + row] = Number(vector.getItem(row));
  else for (let row = 0; row < chunk.rowCount; row += 1) target[start + row] = String(vector.getItem(row));
}
