import type { DuckDBConnection, DuckDBVector } from '@duckdb/node-api';
import type { Classes } from '../../contracts/data/classes.ts';
import { copyUnit } from '../../contracts/release/mirrored-requests.ts';
import { logLimits, mostLabels } from '../../contracts/serving/log-limits.ts';
import { droppedCopy, misfitCopy, type LogSegment } from '../../contracts/serving/prediction-log.ts';
import { setVariables } from '../sql.ts';
import { samplingSalt } from '../../policy/release/observe/due-copies.ts';
import { logFiles, useLogFiles, withDuckDb } from './query/duckdb.ts';
import { inputPath } from './input-path.ts';
import type { ReleaseWindow } from './port.ts';
import { isLabelSql, labelCodeSql, useLabels } from './label-codes.ts';
import type { LogStore } from './segment-index.ts';
import { vectorItems } from './vector-items.ts';

/** Kinds of rows, as numbers. */
export const predictionRow = 0;
export const mirrorRow = 1;
export const feedbackRow = 2;
/** A mirrored copy that was dropped. */
export const dropRow = 3;
/** A request that the version cannot take and another one answered, or its copy. */
export const misfitRow = 7;
/** A record whose id or key is too long to be judged. */
export const setAsideRow = 5;
/** Feedback that names its request by key and time, which is in `ms`. */
export const askedFeedbackRow = 6;
/** Code of a label that cannot be judged: it is none of the task's labels, or an answer that is one of too many. */
export const setAsideLabel = -2;
/** Tag of a feedback with a value, which may have a label too: of each the earliest counts. */
export const valueRow = 4;

const textCode = (text: string): string => `coalesce(enum_code(try_cast(${text} as log_text))::integer, -1)`;

/** Columns by what they are made of, none ever null. */
const columns = {
  kind: {
    items: Int32Array,
    sql: `case when strlen(id) > ${logLimits.id} or strlen(coalesce("key", '')) > ${logLimits.id} then ${setAsideRow} when kind = 'prediction' then ${predictionRow} when kind = 'feedback' and asked is not null then ${askedFeedbackRow}
      when kind = 'feedback' then ${feedbackRow}
      when starts_with(coalesce(error, ''), '${misfitCopy}') then ${misfitRow} when starts_with(coalesce(error, ''), '${droppedCopy}') then ${dropRow} else ${mirrorRow} end`,
  },
  idHigh: { items: Uint32Array, sql: '(hash(id) >> 32)::uinteger' },
  idLow: { items: Uint32Array, sql: '(hash(id) & 4294967295)::uinteger' },
  keyHigh: { items: Uint32Array, sql: '(hash("key") >> 32)::uinteger' },
  keyLow: { items: Uint32Array, sql: '(hash("key") & 4294967295)::uinteger' },
  at: { items: Float64Array, sql: '"at"' },
  ms: { items: Float64Array, sql: 'coalesce(ms, asked, 0)' },
  share: { items: Float64Array, sql: 'coalesce(share, 0)' },
  version: { items: Int32Array, sql: 'coalesce(version, 0)' },
  seq: { items: Int32Array, sql: 'coalesce(seq, 0)' },
  isCanary: { items: Int32Array, sql: `coalesce(arm = 'canary', false)::integer` },
  /** Of a feedback: a client that showed a token sent it. */
  isError: { items: Int32Array, sql: '(error is not null or source is not null)::integer' },
  label: {
    items: Int32Array,
    sql: `case when label is null then -1 when kind = 'feedback' and not ${isLabelSql} then ${setAsideLabel}
      else coalesce(enum_code(try_cast(${labelCodeSql} as log_text))::integer, ${setAsideLabel}) end`,
  },
  release: { items: Int32Array, sql: textCode('release') },
  instance: { items: Int32Array, sql: textCode('instance') },
} as const;
type ColumnName = keyof typeof columns;
type Columns = { readonly [name in ColumnName]: InstanceType<(typeof columns)[name]['items']> };
const columnNames = Object.keys(columns) as ColumnName[];

/** What only some looks need. */
export interface MoreColumns {
  readonly classes: Classes;
  /** Inputs by name. */
  readonly inputs: readonly string[];
  readonly scores: boolean;
  /** What answers were worth. */
  readonly values: boolean;
  /** By what ids are hashed, to tell which requests were sampled to be copied; null where that is not asked. */
  readonly copySalt: string | null;
}

export const columnsToRead = ({
  classes,
  groups,
  segments,
  scores = false,
  scoreEvents,
  values,
  copies,
}: Pick<
  ReleaseWindow,
  'classes' | 'groups' | 'segments' | 'scores' | 'scoreEvents' | 'values' | 'copies'
>): MoreColumns => {
  const inputs = [
    ...(groups?.attributes.flatMap(({ parts }) => parts.map(({ column }) => column)) ?? []),
    ...(segments === undefined ? [] : [segments.part.column]),
  ];
  return {
    classes,
    inputs: [...new Set(inputs)],
    scores: scores || scoreEvents !== undefined,
    values: values !== undefined,
    copySalt: samplingSalt(copies),
  };
};

/**
 * What a look needs of a segment's rows, column by column: 76 bytes a row, 4 more per input and 8 each for scores, for values and for sampled copies. Ids and keys are halves of 64-bit hashes: a chance of
 * 3 in 10^8 that any two of a million meet. Labels (as codes), releases and instances are numbers of `texts`, -1 for none, and `setAsideLabel`.
 */
export interface CompactSegment extends Columns {
  readonly rows: number;
  readonly texts: readonly string[];
  /** By input that was asked for: its value's number among `texts`, -1 where there is none. */
  readonly inputs: ReadonlyMap<string, Int32Array>;
  /** Probability of the positive label, not a number where there is none; null unless asked for. */
  readonly score: Float64Array | null;
  /** What an answer was worth, by feedback; not a number where there is none; null unless asked for. */
  readonly value: Float64Array | null;
  /** `copyUnit` of the request's id, by predictions; null unless asked for. */
  readonly copyUnit: Float64Array | null;
}

/** Reads segments in one query. */
export async function readCompact(
  store: LogStore,
  segments: readonly LogSegment[],
  more: MoreColumns,
): Promise<CompactSegment[]> {
  const paths = await Promise.all(segments.map(({ data }) => store.fetchFile(data)));
  const rowCount = segments.reduce((sum, { rows }) => sum + rows, 0);
  return withDuckDb({ memory: '512MB' }, async (connection) => {
    await useLogFiles(connection, paths);
    await useLabels(connection, more.classes);
    await setVariables(connection, { inputs: more.inputs.map(inputPath) });
    const texts = await createTexts(connection, more.inputs.length);
    const whole = await readColumns(connection, rowCount, more);
    let start = 0;
    // Rows come in the order of the files.
    return segments.map(({ rows }) => ({ rows, texts, ...partOf(whole, start, (start += rows)) }));
  });
}

/** Of an input, by its place among those that were asked for. */
const inputText = (place: number): string => `json_extract_string(inputs, getvariable('inputs')[${place + 1}])`;

/**
 * Creates the type `log_text` of the texts that repeat, so that each is made once; without labels that cannot be judged.
 */
async function createTexts(connection: DuckDBConnection, inputs: number): Promise<string[]> {
  const others = ['release', 'instance', ...Array.from({ length: inputs }, (_, place) => inputText(place))];
  await connection.run(`create type log_text as enum (
    select text from (
      select ${labelCodeSql} as text from ${logFiles}
      where strlen(label) <= ${logLimits.label} and (kind <> 'feedback' or ${isLabelSql}) group by text
      order by count(*) desc, text limit ${mostLabels})
    union
    select text from (select distinct unnest([${others.join(', ')}]) as text from ${logFiles})
      where strlen(text) <= ${logLimits.label}
    order by text)`);
  const found = await connection.runAndReadAll('select unnest(enum_range(null::log_text))::varchar');
  return found.getRows().map(([text]) => String(text));
}

type Items = Float64Array | Int32Array | Uint32Array;
type Read = Columns & Pick<CompactSegment, 'inputs' | 'score' | 'value' | 'copyUnit'>;

async function readColumns(connection: DuckDBConnection, rowCount: number, more: MoreColumns): Promise<Read> {
  const always = columnsOf((name) => new columns[name].items(rowCount));
  const inputs = new Map(more.inputs.map((name) => [name, new Int32Array(rowCount)]));
  const score = more.scores ? new Float64Array(rowCount) : null;
  const value = more.values ? new Float64Array(rowCount) : null;
  const { copySalt } = more;
  const copyUnits = copySalt === null ? null : new Float64Array(rowCount);
  const targets: [string, Items][] = [
    ...columnNames.map((name): [string, Items] => [columns[name].sql, always[name]]),
    ...[...inputs.values()].map((codes, place): [string, Items] => [textCode(inputText(place)), codes]),
    ...(score === null ? [] : [["coalesce(probability, 'nan'::double)", score] satisfies [string, Items]]),
    ...(value === null ? [] : [["coalesce(value, 'nan'::double)", value] satisfies [string, Items]]),
  ];
  const asked = targets.map(([sql]) => sql);
  if (copySalt !== null) asked.push(`case when kind = 'prediction' then request end`);
  const result = await connection.stream(`select ${asked.join(', ')} from ${logFiles}`);
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    if (start + chunk.rowCount <= rowCount) {
      for (const [i, [, items]] of targets.entries()) items.set(vectorItems(chunk.getColumnVector(i)), start);
      if (copySalt !== null) copyUnits?.set(unitsOf(chunk.getColumnVector(targets.length), copySalt), start);
    }
    start += chunk.rowCount;
  }
  if (start === rowCount) return { ...always, inputs, score, value, copyUnit: copyUnits };
  throw new Error(`segments of the prediction log hold ${start} rows, where their pointers say ${rowCount}`);
}

/** Of requests by their ids; 1, which is never sampled, where there is none. */
const unitsOf = (requests: DuckDBVector, salt: string): number[] =>
  Array.from({ length: requests.itemCount }, (_, row) => {
    const id = requests.getItem(row);
    return typeof id === 'string' ? copyUnit(salt, id) : 1;
  });

/** A copy, so that one segment does not keep those in memory that were read with it. */
const partOf = (whole: Read, start: number, end: number): Read => ({
  ...columnsOf((name) => whole[name].slice(start, end)),
  inputs: new Map([...whole.inputs].map(([name, codes]) => [name, codes.slice(start, end)])),
  score: whole.score === null ? null : whole.score.slice(start, end),
  value: whole.value === null ? null : whole.value.slice(start, end),
  copyUnit: whole.copyUnit === null ? null : whole.copyUnit.slice(start, end),
});

const columnsOf = (items: (name: ColumnName) => Items): Columns =>
  Object.fromEntries(columnNames.map((name) => [name, items(name)])) as unknown as Columns;
