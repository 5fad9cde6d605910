import { createHash } from 'node:crypto';
import type { DataSelection, DatasetDefinition, Snapshot } from '../../contracts/dataset.ts';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { countOf, identifier, type Database, type FileColumn } from './connection.ts';
import { keyOf, timeOf } from './expressions.ts';
import { readingSource, sourceRelation } from './source.ts';

interface SnapshotJob {
  source: string;
  dataset: DatasetDefinition;
  selection: DataSelection;
  target: string;
}

/**
 * Copies the selected rows into one Parquet file, by key; rows of equal key, and all rows where the key is missing, by the
 * digest of what they hold. A selection on a time column that is missing selects nothing away: the data checks name the column.
 */
export async function writeSnapshot(
  database: Database,
  { source, dataset, selection, target }: SnapshotJob,
): Promise<Pick<Snapshot, 'rows' | 'rowCount' | 'columns' | 'timeRange'>> {
  const columns = await readingSource(source, async () => {
    const relation = await sourceRelation(database, source);
    const columns = await database.columns(relation);
    await createRows(database, relation, columns, dataset, selection);
    return columns;
  });
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  await database.run(`copy (select ${names} from snapshot) to $1 (format parquet, compression zstd)`, [target]);
  const rowCount = countOf((await database.row('select count(*) from snapshot'))[0]);
  return {
    rows: await digestRows(database, columns),
    rowCount,
    columns: columns.map(({ name, type }) => ({ name, type })),
    timeRange: await timeRange(database, columns, dataset),
  };
}

async function createRows(
  database: Database,
  relation: string,
  columns: readonly FileColumn[],
  dataset: DatasetDefinition,
  selection: DataSelection,
): Promise<void> {
  const digest = rowDigestName(columns);
  const key = keyOf(columns, dataset);
  const wanted = await timeConditions(database, columns, dataset, selection);
  const where = wanted.length === 0 ? '' : `where ${wanted.join(' and ')}`;
  const hashed = key === null ? digest : `md5(${key.text})`;
  const limit =
    selection.limit === undefined ? '' : `order by ${hashed} nulls last, ${digest} limit ${selection.limit}`;
  await database.run(
    `create temp table snapshot as
     select * from (select *, sha256(${rowText(columns)}) as ${digest} from ${relation} ${where} ${limit})
     order by ${key === null ? '' : `${key.order}, `}${digest}`,
  );
}

/** A name that no column has; names in SQL ignore case. */
function rowDigestName(columns: readonly FileColumn[]): string {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  let name = 'pawl_row';
  while (taken.has(name)) name += '_';
  return name;
}

/** All values of a row as one text: columns in the order of their names, each value after its length, so that no two rows read alike. */
function rowText(columns: readonly FileColumn[]): string {
  const parts = byName(columns).map(({ name }) => {
    const text = `${identifier(name)}::varchar`;
    return `coalesce(length(${text})::varchar || ':' || ${text}, '-')`;
  });
  return `concat(${parts.join(', ')})`;
}

const byName = (columns: readonly FileColumn[]): FileColumn[] => columns.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** SHA-256 over the names of the columns and the digests of the rows: it depends on what the rows hold, not on who wrote the file. */
async function digestRows(database: Database, columns: readonly FileColumn[]): Promise<Digest> {
  const hash = createHash('sha256').update(JSON.stringify(byName(columns).map(({ name }) => name)));
  const result = await database.connection.stream(`select ${rowDigestName(columns)} from snapshot`);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
    hash.update(chunk.getColumnValues(0).join('\n')).update('\n');
  return digestSchema.parse(`sha256:${hash.digest('hex')}`);
}

async function timeConditions(
  database: Database,
  columns: readonly FileColumn[],
  dataset: DatasetDefinition,
  { from, to }: DataSelection,
): Promise<string[]> {
  if (from === undefined && to === undefined) return [];
  if (dataset.time === undefined)
    throw new PawlError(
      errorTypes.invalidRequest,
      `dataset "${dataset.dataset}" names no time column: rows cannot be selected by "from" and "to"`,
      { dataset: dataset.dataset },
    );
  const time = timeOf(columns, dataset);
  if (time === null) return [];
  const type = dataset.columns[dataset.time]?.type ?? 'string';
  const boundOf = (value: number | string): Promise<string> => bound(database, value, type, dataset.time ?? '');
  return [
    ...(from === undefined ? [] : [`${time} >= ${await boundOf(from)}`]),
    ...(to === undefined ? [] : [upperCondition(time, to, type, await boundOf(to))]),
  ];
}

/** A day without a time of day is meant to its end. */
function upperCondition(time: string, to: number | string, type: string, upper: string): string {
  const isDay = type === 'timestamp' && /^\d{4}-\d{2}-\d{2}$/.test(String(to));
  return isDay ? `${time} < ${upper} + interval 1 day` : `${time} <= ${upper}`;
}

async function bound(database: Database, value: number | string, type: string, column: string): Promise<string> {
  if (type === 'string') return database.value(String(value));
  const good =
    type === 'timestamp' ? !Number.isNaN(Date.parse(String(value))) : Number.isFinite(Number(value)) && value !== '';
  if (!good)
    throw new PawlError(
      errorTypes.invalidRequest,
      `"${value}" is no bound for the time column "${column}", which holds values of type ${type}`,
      { column, value },
    );
  return type === 'timestamp' ? `${await database.value(String(value))}::timestamp` : database.value(Number(value));
}

async function timeRange(
  database: Database,
  columns: readonly FileColumn[],
  dataset: DatasetDefinition,
): Promise<Snapshot['timeRange']> {
  const time = timeOf(columns, dataset);
  if (time === null) return null;
  const [from, to] = await database.row(`select min(${time}), max(${time}) from snapshot`);
  const type = dataset.columns[dataset.time ?? '']?.type;
  if (from === null || from === undefined || to === null || to === undefined) return null;
  return type === 'timestamp' || type === 'string'
    ? { from: String(from), to: String(to) }
    : { from: String(Number(from)), to: String(Number(to)) };
}
