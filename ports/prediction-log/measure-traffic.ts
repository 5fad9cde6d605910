import { labelText, labelTextSql } from './same-label.ts';
import { literal } from './duckdb.ts';
import { queryLog, type LogScope } from './query.ts';

export interface TrafficWindow extends Omit<LogScope, 'models'> {
  readonly model: string;
  /** End of what is measured, milliseconds since the epoch. */
  readonly now: number;
  readonly slowMs: number;
  readonly positive: string | number | boolean;
}

/** What the champion's keys did, each counted once. */
export interface MeasuredTraffic {
  /** From the first request of the window to its end, at least a minute. */
  readonly hours: number;
  readonly keys: number;
  /** Keys with a request that failed, and with one that was slow. */
  readonly errors: number;
  readonly slow: number;
  /** Keys of which a request was answered by a label, and those of which the first such label was the positive one. */
  readonly answered: number;
  readonly positives: number;
  /** Keys of which the first request got its true label. */
  readonly labels: number;
  /** Those whose label was not what that request was answered. */
  readonly wrong: number;
  /** Share in [0, 1] of keys that have it, of those old enough: older than the slowest twentieth of the labels took. */
  readonly labelled: number;
  /** Of half of the labels, hours; null where none came. */
  readonly labelDelayHours: number | null;
}

const hourMs = 3_600_000;
const leastMs = 60_000;

/** Measures the requests that the champion's arm answered since `since`, as far as the log is there; null where there is none. */
export async function measureTraffic(window: TrafficWindow): Promise<MeasuredTraffic | null> {
  const { model, now, ...scope } = window;
  const [row = []] = await queryLog({ ...scope, models: [model] }, trafficSql(window), [], async ({ batches }) => {
    const rows = [];
    for await (const batch of batches) rows.push(...batch);
    return rows;
  });
  const [
    first = 0,
    keys = 0,
    errors = 0,
    slow = 0,
    answered = 0,
    positives = 0,
    labels = 0,
    wrong = 0,
    labelled = 0,
    delay,
  ] = row.map((value) => (value === null ? undefined : Number(value)));
  if (keys === 0) return null;
  const hours = Math.max(leastMs, now - first) / hourMs;
  const labelDelayHours = delay === undefined ? null : delay / hourMs;
  return { hours, keys, errors, slow, answered, positives, labels, wrong, labelled, labelDelayHours };
}

/** Of records with one id the earliest counts, as in a release. */
const trafficSql = ({ now, slowMs, positive }: TrafficWindow): string => `
  with asked as (
    select id, coalesce("key", id) as "key", "at", ms, error, ${labelTextSql} as label from log
    where kind = 'prediction' and arm = 'champion' and "at" < ${now}
    qualify row_number() over (partition by id order by "at", instance, version) = 1),
  truths as (select id, min("at") as came, arg_min(${labelTextSql}, "at") as truth from log where kind = 'feedback' and "at" < ${now} group by id),
  keys as (
    select min("at") as began, bool_or(error is not null) as failed, bool_or(ms > ${slowMs}) as is_slow,
      arg_min(label, "at") filter (error is null and label is not null) as label,
      arg_min(id, ("at", id)) as id, arg_min_null(case when error is null then label end, ("at", id)) as answer
    from asked group by "key"),
  delays as (select keys.*, case when came is not null then greatest(0, came - began) end as delay,
    truth <> coalesce(answer, '') as is_wrong from keys left join truths using (id))
  select min(began), count(*), count(*) filter (failed), count(*) filter (is_slow), count(label),
    count(*) filter (label = ${literal(labelText(positive))}), count(delay),
    count(*) filter (is_wrong), avg((delay is not null)::int) filter (began <= ${now} - (select quantile_cont(delay, 0.95) from delays)),
    median(delay)
  from delays`;
