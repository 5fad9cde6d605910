import type { ValueRange } from '../../../contracts/evidence/values.ts';
import { hourMs } from '../../../contracts/duration.ts';
import type { ValueCounts } from '../../../policy/release/plan/value-traffic.ts';
import type { LogScope } from '../queries-port.ts';
import type { LogPlace } from '../query/query.ts';
import { logRow } from './log-row.ts';

/** What the answers of the champion's arm were worth, until `now`, each key by its first request; null where no value came. */
export async function measureValues(
  scope: LogPlace & LogScope,
  { from, to }: ValueRange,
  now: number,
): Promise<ValueCounts | null> {
  const row = await logRow({ ...scope, variables: { low: from, high: to, now } }, valuesSql);
  const [values = 0, mean = 0, delay = 0, valued = 0] = row.map(Number);
  if (values === 0) return null;
  return { values, valued, delayHours: delay / hourMs, mean: (mean - from) / (to - from) };
}

/** Of records with one id the earliest counts, as in a release. */
const valuesSql = `
  with asked as (
    select id, coalesce("key", id) as "key", "at" from log where kind = 'prediction' and arm = 'champion' and "at" < getvariable('now')
    qualify row_number() over (partition by id order by "at", instance, version) = 1),
  keys as (select id, "at" as began from asked qualify row_number() over (partition by "key" order by "at", id) = 1),
  came as (
    select id, min("at") as came, arg_min(value, "at") as value from log
    where kind = 'feedback' and value is not null and "at" < getvariable('now') group by id),
  valued as (
    select began, value, case when value is not null then greatest(0, came - began) end as delay
    from keys left join came using (id))
  select count(value), avg(least(getvariable('high'), greatest(getvariable('low'), value))) filter (value is not null), median(delay),
    avg((value is not null)::int) filter (began <= getvariable('now') - (select quantile_cont(delay, 0.95) from valued))
  from valued`;
