import { createHash } from 'node:crypto';
import type { DataSelection, DatasetDefinition, Snapshot } from '../../contracts/data/dataset.ts';
import { digestSchema, type Digest } from '../../contracts/digest.ts';
import { readBound, type Bound } from '../../contracts/data/selection.ts';
import type { Bind } from '../sql.ts';
import { countOf, freeName, identifier, type Database, type FileColumn } from './connection.ts';
import { keyOf, readingOf, timeOf } from './expressions.ts';
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
): Promise<Pick<Snapshot, 'rows' | 'rowCount' | 'columns' | 'timeRange' | 'csv' | 'linesInCells' | 'timeless'>> {
  await database.inTimeZone(dataset.timezone);
  const { columns, csv, linesInCells, timeless } = await readingSource(source, async () => {
    const found = await sourceRelation(database, source, {
      csv: dataset.csv,
      columns: Object.keys(dataset.columns),
      declared: dataset.columns,
    });
    const columns = await database.columns(found.relation);
    await createRows(database, found.relation, columns, dataset, selection);
    const timeless = await countTimeless(database, found.relation, columns, dataset, selection);
    return { columns, csv: found.csv, linesInCells: found.linesInCells, timeless };
  });
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  await database.run(`copy (select ${names} from snapshot) to $1 (format parquet, compression zstd)`, [target]);
  const rowCount = countOf((await database.row('select count(*) from snapshot'))[0]);
  return {
    rows: await digestRows(database, columns),
    rowCount,
    columns: columns.map(({ name, type }) => ({ name, type })),
    timeRange: await timeRange(database, columns, dataset),
    csv,
    linesInCells,
    timeless,
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
  const key = keyOf(database.bind, columns, dataset);
  const wanted = windowOf(database.bind, columns, dataset, selection);
  const where = wanted === null ? '' : `where ${wanted.isIn}`;
  const hashed = key === null ? digest : `md5(${key.text})`;
  const limit =
    selection.limit === undefined ? '' : `order by ${hashed} nulls last, ${digest} limit ${selection.limit}`;
  await database.run(
    `create temp table snapshot as
     select * from (select *, sha256(${rowText(columns)}) as ${digest} from ${relation} ${where} ${limit})
     order by ${key === null ? '' : `${key.order}, `}${digest}`,
  );
}

/** Rows that a window leaves out because they have no time. */
async function countTimeless(
  database: Database,
  relation: string,
  columns: readonly FileColumn[],
  dataset: DatasetDefinition,
  selection: DataSelection,
): Promise<number> {
  const window = windowOf(database.bind, columns, dataset, selection);
  if (window === null) return 0;
  return countOf((await database.row(`select count(*) from ${relation} where ${window.isTimeless}`))[0]);
}

const rowDigestName = (columns: readonly FileColumn[]): string => freeName('pawl_row', columns);

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
  const result = await database.stream(`select ${rowDigestName(columns)} from snapshot`);
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
    hash.update(chunk.getColumnValues(0).join('\n')).update('\n');
  return digestSchema.parse(`sha256:${hash.digest('hex')}`);
}

interface TimeWindow {
  /** Condition of the rows that a run takes. */
  readonly isIn: string;
  /** Condition of those without a time, which are in no window. */
  readonly isTimeless: string;
}

/**
 * Rows whose time is within the bounds, and those whose time is a fault: it cannot be read, or is missing and may not be. The data checks
 * refuse these. Null where there are no bounds, or no such column.
 */
function windowOf(
  bind: Bind,
  columns: readonly FileColumn[],
  dataset: DatasetDefinition,
  { from, to }: DataSelection,
): TimeWindow | null {
  if (from === undefined && to === undefined) return null;
  const conditions = [
    ...(from === undefined ? [] : [lowerCondition(bind, readBound('from', from, dataset))]),
    ...(to === undefined ? [] : [upperCondition(bind, readBound('to', to, dataset))]),
  ];
  const time = timeOf(bind, columns, dataset);
  const declared = dataset.columns[dataset.time ?? ''];
  const file = columns.find(({ name }) => name === dataset.time);
  if (time === null || declared === undefined || file === undefined) return null;
  const within = conditions.map((condition) => `${time} ${condition}`).join(' and ');
  const { wrongType } = readingOf(bind, file, declared);
  const isFault = `(${time} is null and ${declared.nullable ? `coalesce(${wrongType}, false)` : 'true'})`;
  return { isIn: `(coalesce(${within}, false) or ${isFault})`, isTimeless: `(${time} is null and not ${isFault})` };
}

const lowerCondition = (bind: Bind, bound: Bound): string =>
  `>= ${bound.kind === 'moment' ? instant(bound.from) : bind(bound.value)}`;

/** A year, month or day is meant to its end. */
const upperCondition = (bind: Bind, bound: Bound): string =>
  bound.kind === 'moment' ? `${bound.exact ? '<=' : '<'} ${instant(bound.to)}` : `<= ${bind(bound.value)}`;

const instant = (ms: number): string => `make_timestamptz(${Math.round(ms * 1000)}::bigint)`;

async function timeRange(
  database: Database,
  columns: readonly FileColumn[],
  dataset: DatasetDefinition,
): Promise<Snapshot['timeRange']> {
  const time = timeOf(database.bind, columns, dataset);
  if (time === null) return null;
  const isMoment = dataset.columns[dataset.time ?? '']?.type === 'timestamp';
  // In UTC, so that the range reads the same in any zone that the dataset declares.
  const shown = (value: string): string =>
    isMoment ? `strftime(timezone('UTC', ${value}), '%Y-%m-%d %H:%M:%S')` : `(${value})::varchar`;
  const [from, to] = await database.row(`select ${shown(`min(${time})`)}, ${shown(`max(${time})`)} from snapshot`);
  if (from === null || from === undefined || to === null || to === undefined) return null;
  return isMoment || dataset.columns[dataset.time ?? '']?.type === 'string'
    ? { from: String(from), to: String(to) }
    : { from: String(Number(from)), to: String(Number(to)) };
}
