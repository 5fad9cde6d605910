import type { DuckDBConnection, DuckDBVector } from '@duckdb/node-api';
import { mirrorUnit } from '../../contracts/release/mirrored-requests.ts';
import { missingInputsPattern } from '../../contracts/serving/misfit-note.ts';
import { logLimits, mostLabels } from '../../contracts/serving/log-limits.ts';
import { droppedMirror, misfitMirror, type LogSegment } from '../../contracts/serving/prediction-log.ts';
import type { LabelSpace } from '../../contracts/data/label-space.ts';
import { setVariables } from '../sql.ts';
import {
  askedFeedbackRow,
  columnNames,
  dropRow,
  feedbackRow,
  itemsOf,
  mirrorRow,
  misfitRow,
  predictionRow,
  setAsideLabel,
  setAsideRow,
  type ColumnName,
  type Columns,
  type CompactSegment,
  type MoreColumns,
} from '../../policy/release/observe/log-columns.ts';
import { logFiles, useLogFiles, withLogDatabase } from './query/log-database.ts';
import { inputPath } from './input-path.ts';
import { isLabelSql, labelCodeSql, labelNumberSql, useLabels } from './label-codes.ts';
import type { LogStore } from './segment-index.ts';
import { vectorItems } from './vector-items.ts';

const textCode = (text: string): string => `coalesce(enum_code(try_cast(${text} as log_text))::integer, -1)`;

/** A feedback that names its request by an id. */
const namesIdSql = `kind = 'feedback' and asked is null`;
/** The id that a feedback would have for its request, if that has one row: without the number of a row. */
const requestSql = `regexp_replace(id, '/[0-9]+$', '')`;
/** The key; of feedback by an id, which has none, the id of the first of several rows. */
const keySql = `case when ${namesIdSql} then ${requestSql} || '/0' else "key" end`;
const requestHash = `case when ${namesIdSql} then hash(${requestSql}) else 0 end`;

/** Which inputs a request lacks that the version cannot take; empty where the note names none, null of other records. */
const missingSql = `regexp_extract(case when kind = 'mirror' and starts_with(error, '${misfitMirror}') then error end, '${missingInputsPattern}', 1)`;

/** Notes of missing inputs that are told apart. */
const mostNotes = 100;

/** Columns by what they are made of, none ever null. */
const sqlOf: Readonly<Record<ColumnName, string>> = {
  kind: `case when strlen(id) > ${logLimits.id} or strlen(coalesce("key", '')) > ${logLimits.id} then ${setAsideRow} when kind = 'prediction' then ${predictionRow} when kind = 'feedback' and asked is not null then ${askedFeedbackRow}
      when kind = 'feedback' then ${feedbackRow}
      when starts_with(coalesce(error, ''), '${misfitMirror}') then ${misfitRow} when starts_with(coalesce(error, ''), '${droppedMirror}') then ${dropRow} else ${mirrorRow} end`,
  idHigh: '(hash(id) >> 32)::uinteger',
  idLow: '(hash(id) & 4294967295)::uinteger',
  keyHigh: `(hash(${keySql}) >> 32)::uinteger`,
  keyLow: `(hash(${keySql}) & 4294967295)::uinteger`,
  requestHigh: `(${requestHash} >> 32)::uinteger`,
  requestLow: `(${requestHash} & 4294967295)::uinteger`,
  at: '"at"',
  ms: 'coalesce(ms, asked, 0)',
  share: 'coalesce(share, 0)',
  version: 'coalesce(version, 0)',
  seq: 'coalesce(seq, 0)',
  isCanary: `coalesce(arm = 'canary', false)::integer`,
  /** Of a feedback: a client that showed a token sent it. */
  isError: '(error is not null or source is not null)::integer',
  /** Of a request that the version cannot take: the inputs that it lacks. */
  label: `case when label is null then ${textCode(missingSql)} when kind = 'feedback' and not ${isLabelSql} then ${setAsideLabel}
      else coalesce(enum_code(try_cast(${labelCodeSql} as log_text))::integer, ${setAsideLabel}) end`,
  release: textCode('release'),
  instance: textCode('instance'),
};

/** Reads segments in one query. */
export async function readCompact(
  store: LogStore,
  segments: readonly LogSegment[],
  more: MoreColumns,
): Promise<CompactSegment[]> {
  const paths = await Promise.all(segments.map(({ data }) => store.fetchFile(data)));
  const rowCount = segments.reduce((sum, { rows }) => sum + rows, 0);
  return withLogDatabase({ memory: '512MB' }, async (connection) => {
    await useLogFiles(connection, paths);
    await useLabels(connection, more.labelSpace);
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
    select text from (
      select ${missingSql} as text from ${logFiles} group by text having text <> ''
      order by count(*) desc, text limit ${mostNotes})
    union
    select text from (select distinct unnest([${others.join(', ')}]) as text from ${logFiles})
      where strlen(text) <= ${logLimits.label}
    order by text)`);
  const found = await connection.runAndReadAll('select unnest(enum_range(null::log_text))::varchar');
  return found.getRows().map(([text]) => String(text));
}

type Items = Float64Array | Int32Array | Uint32Array;
type Read = Columns & Pick<CompactSegment, 'inputs' | 'score' | 'quantiles' | 'value' | 'mirrorUnit'>;

async function readColumns(connection: DuckDBConnection, rowCount: number, more: MoreColumns): Promise<Read> {
  const always = columnsOf((name) => new itemsOf[name](rowCount));
  const inputs = new Map(more.inputs.map((name) => [name, new Int32Array(rowCount)]));
  const score = more.scores ? new Float64Array(rowCount) : null;
  const quantiles = more.scores
    ? quantileSql(more.labelSpace).map((sql) => [sql, new Float64Array(rowCount)] as const)
    : [];
  const value = more.values ? new Float64Array(rowCount) : null;
  const { mirrorSalt } = more;
  const mirrorUnits = mirrorSalt === null ? null : new Float64Array(rowCount);
  const targets: [string, Items][] = [
    ...columnNames.map((name): [string, Items] => [sqlOf[name], always[name]]),
    ...[...inputs.values()].map((codes, place): [string, Items] => [textCode(inputText(place)), codes]),
    ...(score === null
      ? []
      : [
          [
            more.labelSpace.kind === 'numbers' ? labelNumberSql : "coalesce(probability, 'nan'::double)",
            score,
          ] satisfies [string, Items],
        ]),
    ...quantiles.map(([sql, items]): [string, Items] => [sql, items]),
    ...(value === null ? [] : [["coalesce(value, 'nan'::double)", value] satisfies [string, Items]]),
  ];
  const asked = targets.map(([sql]) => sql);
  if (mirrorSalt !== null) asked.push(`case when kind = 'prediction' then request end`);
  const result = await connection.stream(`select ${asked.join(', ')} from ${logFiles}`);
  let start = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    if (start + chunk.rowCount <= rowCount) {
      for (const [i, [, items]] of targets.entries()) items.set(vectorItems(chunk.getColumnVector(i)), start);
      if (mirrorSalt !== null) mirrorUnits?.set(unitsOf(chunk.getColumnVector(targets.length), mirrorSalt), start);
    }
    start += chunk.rowCount;
  }
  if (start === rowCount)
    return {
      ...always,
      inputs,
      score,
      value,
      mirrorUnit: mirrorUnits,
      ...(quantiles.length === 0 ? {} : { quantiles: quantiles.map(([, items]) => items) }),
    };
  throw new Error(`segments of the prediction log hold ${start} rows, where their pointers say ${rowCount}`);
}

/** By level of a task of quantiles, what a model answered; none of other tasks. */
function quantileSql(space: LabelSpace): string[] {
  const levels = space.kind === 'numbers' ? (space.levels ?? []) : [];
  return levels.map((_, place) => {
    const answered =
      levels.length === 1
        ? `json_extract_string(outputs, '/quantiles')`
        : `json_extract_string(json_extract(outputs, '/quantiles'), ${place})`;
    return `coalesce(try_cast(${answered} as double), 'nan'::double)`;
  });
}

/** Of requests by their ids; 1, which is never sampled, where there is none. */
const unitsOf = (requests: DuckDBVector, salt: string): number[] =>
  Array.from({ length: requests.itemCount }, (_, row) => {
    const id = requests.getItem(row);
    return typeof id === 'string' ? mirrorUnit(salt, id) : 1;
  });

/** A copy, so that one segment does not keep those in memory that were read with it. */
const partOf = (whole: Read, start: number, end: number): Read => ({
  ...columnsOf((name) => whole[name].slice(start, end)),
  inputs: new Map([...whole.inputs].map(([name, codes]) => [name, codes.slice(start, end)])),
  score: whole.score === null ? null : whole.score.slice(start, end),
  ...(whole.quantiles === undefined ? {} : { quantiles: whole.quantiles.map((of) => of.slice(start, end)) }),
  value: whole.value === null ? null : whole.value.slice(start, end),
  mirrorUnit: whole.mirrorUnit === null ? null : whole.mirrorUnit.slice(start, end),
});

const columnsOf = (items: (name: ColumnName) => Items): Columns =>
  Object.fromEntries(columnNames.map((name) => [name, items(name)])) as unknown as Columns;
