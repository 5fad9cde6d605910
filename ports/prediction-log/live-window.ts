import type { DuckDBConnection } from '@duckdb/node-api';
import type { Corrections } from '../../contracts/serving/corrections.ts';
import type { LabelDelay } from '../../contracts/evidence/release.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import type { LogSegment } from '../../contracts/serving/prediction-log.ts';
import { isOneOf, setVariables } from '../sql.ts';
import { defaultToleranceMs } from '../../policy/release/observe/asked-requests.ts';
import { pairLosses } from '../../policy/release/observe/pair-losses.ts';
import { withAskedRequests } from './query/asked-requests.ts';
import { logFiles, useLogFiles, withLogDatabase } from './query/log-database.ts';
import { inputPath } from './input-path.ts';
import { checkLiveBudget } from './memory-budget.ts';
import type { LiveWindow, LiveWindowData } from './port.ts';
import { isLabelSql, labelCodeSql, labelNumberSql, useLabels } from './label-codes.ts';
import type { LogStore } from './segment-index.ts';
import { rankRequests } from './rank-requests.ts';
import { vectorItems } from './vector-items.ts';

/** Requests of the window and what became of them; of records with one id the earliest counts. Throws `MemoryBudgetError`. */
export async function readLive(
  store: LogStore,
  window: LiveWindow,
  segments: readonly LogSegment[],
  budgetBytes: number,
): Promise<LiveWindowData> {
  if (segments.length === 0) return nothing(window.columns);
  const paths = await Promise.all(segments.map(({ data }) => store.fetchFile(data)));
  return withLogDatabase({ memory: '1GB' }, async (connection) => {
    await useLogFiles(connection, paths);
    await createAnswered(connection, window);
    const [[requests, answered] = []] = (
      await connection.runAndReadAll('select count(*), count(*) filter (error is null) from asked')
    ).getRows();
    const rowCount = Number(answered);
    const textual = await textualOf(connection, window.columns);
    const texts = await sizeOfTexts(connection, textual);
    checkLiveBudget(window.model, { rows: rowCount, columns: window.columns.length, ...texts }, budgetBytes);
    const [read] = await readColumns(connection, ['key_number'], rowCount);
    const keys = Int32Array.from(read ?? []);
    return {
      requests: Number(requests),
      errors: Number(requests) - rowCount,
      inputs: await readInputs(connection, window.columns, textual, rowCount),
      read: await readRead(connection, window.columns, rowCount),
      keys,
      ...(pairLosses(window.labelSpace, 1)?.ofRequest === true
        ? await readRanked(connection, keys)
        : await readAnswers(connection, window, keys)),
      labelDelays: await readDelays(connection),
    };
  });
}

type Answers = Pick<LiveWindowData, 'labelledKeys' | 'right' | 'distances' | 'unlabelledKeys'>;

async function readAnswers(
  connection: DuckDBConnection,
  { labelSpace }: LiveWindow,
  keys: Int32Array,
): Promise<Answers> {
  const [hits, distances] = await readColumns(connection, ['hit', 'distance'], keys.length);
  const isNumber = labelSpace.kind === 'numbers';
  const rowsOf = (isLabelled: boolean): Int32Array =>
    keys.map((_, row) => row).filter((row) => (hits?.[row] !== unknown) === isLabelled);
  const labelled = rowsOf(true);
  return {
    labelledKeys: labelled.map((row) => keys[row] ?? 0),
    right: isNumber ? new Uint8Array() : Uint8Array.from(labelled, (row) => hits?.[row] ?? 0),
    distances: isNumber ? Float64Array.from(labelled, (row) => distances?.[row] ?? NaN) : new Float64Array(),
    unlabelledKeys: rowsOf(false).map((row) => keys[row] ?? 0),
  };
}

async function readRanked(connection: DuckDBConnection, keys: Int32Array): Promise<Answers> {
  const columns = ['request_number', 'score', 'grade'];
  const [requests, scores, grades] = await readColumns(connection, columns, keys.length);
  return rankRequests({
    requests: Int32Array.from(requests ?? []),
    keys,
    scores: Float64Array.from(scores ?? []),
    grades: Float64Array.from(grades ?? []),
  });
}

/** Which of several labels of a request comes first, in SQL. */
const orderOf: Readonly<Record<Corrections, string>> = {
  first: '"at", instance, label',
  last: '"at" desc, instance desc, label desc',
  authorized: 'source is null, case when source is null then "at" else -"at" end, instance, label',
};

/** Mark of a prediction whose label has not come back. */
const unknown = 2;

/** Tables `asked`, one row per request, and `answered`, in the order of time: raw JSON of each column, hit, numbers of key and request, score, grade, and distance of a number from its label. Of numbers a hit says that there is a label. */
async function createAnswered(
  connection: DuckDBConnection,
  { from, to, columns, labelSpace, version, corrections = 'first', toleranceMs = defaultToleranceMs }: LiveWindow,
): Promise<void> {
  const log = await withAskedRequests(connection, logFiles, toleranceMs);
  await useLabels(connection, labelSpace);
  await setVariables(connection, {
    live_from: from,
    live_to: to,
    live_paths: columns.map(inputPath),
    ...(version === undefined ? {} : { live_version: version }),
  });
  const first = (order: string): string => `qualify row_number() over (partition by id order by ${order}) = 1`;
  await connection.run(`create temp table asked as
    select id, request, coalesce(key, request) as key, "at", instance, error, ${labelCodeSql} as label, ${labelNumberSql} as number, inputs from ${log}
    where kind = 'prediction' and "at" >= getvariable('live_from') and "at" < getvariable('live_to')
      ${version === undefined ? '' : `and version = getvariable('live_version')`}
    ${first('"at", instance, version, error, label, ms, inputs')}`);
  await connection.run(`create temp table truths as
    select id, "at" as truth_at, ${labelCodeSql} as truth, ${labelNumberSql} as true_number from ${log}
    where kind = 'feedback' and ${isLabelSql} ${first(orderOf[corrections])}`);
  await connection.run(`create temp table answered as
    select ${columns.length === 0 ? '[]' : `json_extract(inputs, getvariable('live_paths'))`} as items,
      ${labelSpace.kind === 'numbers' ? `case when truth is null then ${unknown} else 1 end` : `coalesce((label = truth)::integer, ${unknown})`}::integer as hit, truth,
      coalesce(abs(number - true_number), 'nan'::double) as distance, greatest(0, truth_at - "at") as delay,
      number as score, coalesce(true_number, 'nan'::double) as grade, (dense_rank() over (order by request) - 1)::integer as request_number,
      (dense_rank() over (order by key) - 1)::integer as key_number
    from asked left join truths using (id) where error is null order by "at", id, instance`);
}

async function readDelays(connection: DuckDBConnection): Promise<LabelDelay[]> {
  const rows = await connection.runAndReadAll(
    `select truth, count(*), median(delay)::double, quantile_cont(delay, 0.95)::double from answered where truth is not null
     group by truth order by count(*) desc, truth`,
  );
  return rows.getRows().map(([label, labels, medianMs, p95Ms]) => ({
    label: String(label),
    labels: Number(labels),
    medianMs: Number(medianMs),
    p95Ms: Number(p95Ms),
  }));
}

const itemOf = (column: number): string => `items[${column + 1}]`;
const textOf = (column: number): string => `coalesce(${itemOf(column)} ->> '$', '')`;

/** By column whether it is text. One with any text is: clients may send one category as `"3"` and as `3`. So is one with true or false. */
async function textualOf(connection: DuckDBConnection, names: readonly string[]): Promise<boolean[]> {
  if (names.length === 0) return [];
  const isText = names.map(
    (_, i) => `coalesce(bool_or(${isOneOf(`left(${itemOf(i)}::varchar, 1)`, `['"', 't', 'f']`)}), false)`,
  );
  const [row = []] = (await connection.runAndReadAll(`select ${isText.join(', ')} from answered`)).getRows();
  return row.map((is) => is === true);
}

async function sizeOfTexts(connection: DuckDBConnection, textual: readonly boolean[]) {
  const size = { texts: 0, characters: 0 };
  for (const [column, isText] of textual.entries()) {
    if (!isText) continue;
    const [[texts, characters] = []] = (
      await connection.runAndReadAll(
        `select count(*), coalesce(sum(length(text)), 0) from (select distinct ${textOf(column)} as text from answered)`,
      )
    ).getRows();
    size.texts += Number(texts);
    size.characters += Number(characters);
  }
  return size;
}

async function readInputs(
  connection: DuckDBConnection,
  names: readonly string[],
  textual: readonly boolean[],
  rowCount: number,
): Promise<Frame> {
  const columns: [string, ColumnData][] = [];
  for (const [i, name] of names.entries())
    columns.push([
      name,
      textual[i] === true
        ? { type: 'string', values: await readTexts(connection, i, rowCount) }
        : { type: 'number', values: await readNumbers(connection, `${itemOf(i)} ->> '$'`, rowCount) },
    ]);
  return { rowCount, columns: Object.fromEntries(columns) };
}

/** A value that is missing is logged as null; one of a column that the version does not read is not logged. */
async function readRead(
  connection: DuckDBConnection,
  names: readonly string[],
  rowCount: number,
): Promise<Record<string, Int32Array>> {
  if (names.length === 0) return {};
  const anyUnread = names.map((_, i) => `coalesce(bool_or(${itemOf(i)} is null), false)`);
  const [row = []] = (await connection.runAndReadAll(`select ${anyUnread.join(', ')} from answered`)).getRows();
  const read: [string, Int32Array][] = [];
  for (const [i, name] of names.entries()) {
    if (row[i] !== true) continue;
    const [flags = []] = await readColumns(connection, [`(${itemOf(i)} is not null)::integer`], rowCount);
    read.push([name, Int32Array.from(flags.keys()).filter((index) => flags[index] === 1)]);
  }
  return Object.fromEntries(read);
}

async function readNumbers(connection: DuckDBConnection, text: string, rowCount: number): Promise<Float64Array> {
  const [values] = await readColumns(connection, [`coalesce(try_cast(${text} as double), 'nan'::double)`], rowCount);
  return values instanceof Float64Array ? values : new Float64Array();
}

/** As codes of an enum made of its values, so that each text is made once. */
async function readTexts(connection: DuckDBConnection, column: number, rowCount: number): Promise<string[]> {
  const text = textOf(column);
  const type = `text_${column}`;
  await connection.run(`create type ${type} as enum (select distinct ${text} as text from answered order by text)`);
  const texts = (await connection.runAndReadAll(`select unnest(enum_range(null::${type}))::varchar`)).getColumns()[0];
  const [codes] = await readColumns(connection, [`enum_code((${text})::${type})::integer`], rowCount);
  return Array.from(codes ?? [], (code) => String(texts?.[code]));
}

/** Expressions over `answered` that are numbers and never null, row by row. */
async function readColumns(connection: DuckDBConnection, expressions: readonly string[], rowCount: number) {
  const result = await connection.stream(`select ${expressions.join(', ')} from answered`);
  const read = expressions.map((_, i) =>
    result.columnType(i).toString() === 'DOUBLE' ? new Float64Array(rowCount) : new Int32Array(rowCount),
  );
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [i, values] of read.entries()) values.set(vectorItems(chunk.getColumnVector(i)), start);
    start += chunk.rowCount;
  }
  return read;
}

const nothing = (columns: readonly string[]): LiveWindowData => ({
  requests: 0,
  errors: 0,
  inputs: {
    rowCount: 0,
    columns: Object.fromEntries(columns.map((name) => [name, { type: 'number', values: new Float64Array() }])),
  },
  read: {},
  keys: new Int32Array(),
  labelledKeys: new Int32Array(),
  right: new Uint8Array(),
  distances: new Float64Array(),
  unlabelledKeys: new Int32Array(),
  labelDelays: [],
});
