import type { DuckDBDataChunk } from '@duckdb/node-api';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { countOf, identifier, type Database, type FileColumn } from './connection.ts';
import { parquet } from './source.ts';
import { keyOf, readingOf, type KeyReading } from './expressions.ts';
import type { TableEngine } from './port.ts';
import { rowNumberOf, sideRows } from './split-rows.ts';

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
