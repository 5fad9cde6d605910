import { positiveCode, type LabelSpace } from '../../../contracts/data/label-space.ts';
import type { GroupedAttribute } from '../../../contracts/release/group-window.ts';
import type { SegmentWindow } from '../../../contracts/release/segment-window.ts';
import { hourMs, minuteMs } from '../../../contracts/duration.ts';
import { missingGroup, pairSeparator } from '../../../ml/fairness/groups.ts';
import type { TrafficCounts } from '../../../policy/release/plan/choose-traffic.ts';
import { isLabelSql, labelCodeSql } from '../label-codes.ts';
import { GroupNames } from '../../../policy/release/observe/group-names.ts';
import { inputPath } from '../input-path.ts';
import { logRow } from './log-row.ts';
import { measureValues } from './measure-values.ts';
import type { LogScope, PlainValue, TrafficWindow } from '../queries-port.ts';
import type { LogPlace } from '../query/query.ts';

const leastMs = minuteMs;

/** A group with a smaller share of the keys is passed over: there is often one of a handful. */
const leastGroupShare = 0.01;

/** Whether labels are more than two. */
const hasMix = (space: LabelSpace): boolean => space.kind === 'classes' && positiveCode(space) === null;

/** `LogQueries.measureTraffic`. */
export async function measureTraffic(window: LogPlace & TrafficWindow): Promise<TrafficCounts | null> {
  const { model, now, attributes = [], values: range, segments, band, without = [], ...scope } = window;
  const row = await logRow({ ...scope, models: [model], variables: variablesOf(window) }, trafficSql(window));
  const numbers = row.slice(0, numberCount).map((value) => (value === null ? undefined : Number(value)));
  const [first = 0, keys = 0, errors = 0, slow = 0, answered = 0, positives = 0, labels = 0, wrong = 0] = numbers;
  const [labelled = 0, delay, mirrored = 0, disagree = 0, scoreSpread = null, inBand = 0, outOfRange = 0] =
    numbers.slice(8);
  if (keys === 0) return null;
  const hours = Math.max(leastMs, now - first) / hourMs;
  const labelDelayHours = delay === undefined ? null : delay / hourMs;
  const groups = attributes.flatMap((attribute, index) => groupsIn(attribute, row[numberCount + index] ?? null));
  const [smallestGroup = null] = groups
    .filter((group) => group.keys >= leastGroupShare * keys)
    .toSorted((a, b) => a.keys - b.keys);
  const counts = { hours, keys, errors, slow, answered, positives, labels, wrong, labelled, labelDelayHours };
  const values = range === undefined ? null : await measureValues({ ...scope, models: [model] }, range, now);
  return {
    ...counts,
    mirrored,
    disagree,
    ...(without.length === 0 ? {} : { without }),
    scoreSpread,
    smallestGroup,
    values,
    ...(band === undefined ? {} : { scores: { inBand, outOfRange } }),
    ...(hasMix(window.labelSpace) ? { rarestPrediction: rarestOf(row.at(-1) ?? null, answered) } : {}),
    ...(segments === undefined ? {} : { segments: keysOf(segments, row[numberCount + attributes.length] ?? null) }),
  };
}

/** The label that the fewest keys got first, from a list of `[label, keys]`; one with a tiny share is passed over. */
function rarestOf(listed: PlainValue, answered: number): TrafficCounts['rarestPrediction'] {
  const labels = ((listed ?? []) as [string, number][]).map(([label, keys]) => ({ label, keys }));
  const [rarest = null] = labels
    .filter(({ keys }) => keys >= leastGroupShare * answered)
    .toSorted((a, b) => a.keys - b.keys);
  return rarest;
}

/** Numbers that the query answers, before the groups. */
const numberCount = 15;

/** Keys by segment, by the same kind of list. */
function keysOf({ part, segments }: SegmentWindow, listed: PlainValue): Record<string, number> {
  const groups = groupsIn({ name: part.column, parts: [part] }, listed);
  return Object.fromEntries(
    segments.map(({ segment, group }) => [
      segment,
      groups.find(({ name }) => name === groupName(part.column, group))?.keys ?? 0,
    ]),
  );
}

const groupName = (attribute: string, group: string): string => `${attribute} = ${group}`;

/** Keys by group, from a list of `[value of each part, ..., keys]`. */
function groupsIn({ name, parts }: GroupedAttribute, listed: PlainValue): { name: string; keys: number }[] {
  const rows = (listed ?? []) as (string | number | null)[][];
  const ofParts = parts.map((part, at) => new GroupNames(part).of(rows.map((row) => String(row[at] ?? ''))));
  const keys = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const group = ofParts.map((names) => names[index] ?? missingGroup).join(pairSeparator);
    keys.set(group, (keys.get(group) ?? 0) + Number(row[parts.length]));
  }
  return [...keys].map(([group, count]) => ({ name: groupName(name, group), keys: count }));
}

/** Attributes and segments whose keys are counted. */
const countedOf = ({ attributes = [], segments }: TrafficWindow): GroupedAttribute[] => [
  ...attributes,
  ...(segments === undefined ? [] : [{ name: segments.part.column, parts: [segments.part] }]),
];

/** Variable with the paths of the inputs that make the groups of one of them. */
const pathsName = (index: number): string => `paths_${index}`;

function variablesOf(window: TrafficWindow): NonNullable<LogScope['variables']> {
  const { now, slowMs, labelSpace, band } = window;
  const paths = countedOf(window).map(({ parts }, index): [string, string[]] => [
    pathsName(index),
    parts.map(({ column }) => inputPath(column)),
  ]);
  return {
    now,
    slow_ms: slowMs,
    positive: positiveCode(labelSpace) ?? '',
    ...(band === undefined ? {} : { band_from: band.from, band_to: band.to }),
    ...Object.fromEntries(paths),
  };
}

/** Of records with one id the earliest counts, as in a release. */
function trafficSql(window: TrafficWindow): string {
  const { band, without = [] } = window;
  const others = without.length === 0 ? '' : `and version not in (${without.map(Number).join(', ')})`;
  const parts = countedOf(window).map(groupsSql);
  const inBand =
    band === undefined || band.from > band.to
      ? 'false'
      : `probability between getvariable('band_from') and getvariable('band_to')`;
  return `
  with asked as (
    select id, coalesce("key", id) as "key", "at", ms, error, version, probability, inputs, ${labelCodeSql} as label from log
    where kind = 'prediction' and arm = 'champion' and "at" < getvariable('now')
    qualify row_number() over (partition by id order by "at", instance, version) = 1),
  truths as (select id, min("at") as came, arg_min(${labelCodeSql}, "at") as truth from log
    where kind = 'feedback' and ${isLabelSql} and "at" < getvariable('now') group by id),
  mirrors as (
    select id, version, probability, ${labelCodeSql} as label from log
    where kind = 'mirror' and error is null and "at" < getvariable('now') ${others}
    qualify row_number() over (partition by id order by "at", instance, version) = 1),
  pairs as (
    select asked.label <> mirrors.label as differs, mirrors.probability - asked.probability as shift
    from asked join mirrors using (id)
    where asked.error is null and asked.label is not null and mirrors.label is not null and asked.version <> mirrors.version
    qualify row_number() over (partition by "key" order by "at", id) = 1),
  keys as (
    select min("at") as began, bool_or(error is not null) as failed, bool_or(ms > getvariable('slow_ms')) as is_slow,
      bool_or(error is null and ${inBand}) as in_band, bool_or(error is null and coalesce(probability not between 0 and 1, true)) as no_share,
      arg_min(label, "at") filter (error is null and label is not null) as label,
      arg_min(id, ("at", id)) as id, arg_min_null(case when error is null then label end, ("at", id)) as answer
    from asked group by "key"),
  delays as (select keys.*, case when came is not null then greatest(0, came - began) end as delay,
    truth <> coalesce(answer, '') as is_wrong from keys left join truths using (id))
  select min(began), count(*), count(*) filter (failed), count(*) filter (is_slow), count(label),
    count(*) filter (label = getvariable('positive')), count(delay),
    count(*) filter (is_wrong), avg((delay is not null)::int) filter (began <= getvariable('now') - (select quantile_cont(delay, 0.95) from delays)),
    median(delay),
    (select count(*) from pairs), (select count(*) filter (differs) from pairs), (select stddev_samp(shift) from pairs),
    count(*) filter (in_band), count(*) filter (no_share)
    ${[...parts, ...(hasMix(window.labelSpace) ? [labelsSql] : [])].map((part) => `, ${part}`).join('')}
  from delays`;
}

/** JSON list of `[label, keys]`, each key by its first answer. */
const labelsSql = `(select json_group_array(json_array(label, keys)) from (
    select label, count(*) as keys from delays where label is not null group by label order by label))`;

/** JSON list of `[value of each part, ..., keys]`, each key by its first request. */
function groupsSql({ parts }: GroupedAttribute, index: number): string {
  const values = parts.map((_, part) => `json_extract_string(inputs, getvariable('${pathsName(index)}')[${part + 1}])`);
  const numbers = values.map((_, part) => String(part + 1)).join(', ');
  const columns = values.map((value, part) => `${value} as part_${part}`).join(', ');
  const names = values.map((_, part) => `part_${part}`).join(', ');
  return `(select json_group_array(json_array(${names}, keys)) from (
    select ${columns}, count(*) as keys
    from (select inputs from asked qualify row_number() over (partition by "key" order by "at", id) = 1) group by ${numbers}))`;
}
