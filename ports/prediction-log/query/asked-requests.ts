import type { DuckDBConnection } from '@duckdb/node-api';
import { setVariables } from '../../sql.ts';

/** As `joinAskedRequests`, in SQL: a relation of the same columns whose feedback by key has the id of its request. */
export async function withAskedRequests(
  connection: DuckDBConnection,
  relation: string,
  toleranceMs: number,
): Promise<string> {
  await setVariables(connection, { asked_tolerance: toleranceMs });
  await connection.run(
    `create temp table asked_requests as select distinct "key", asked from ${relation} where kind = 'feedback' and asked is not null`,
  );
  const [[count] = []] = (await connection.runAndReadAll('select count(*) from asked_requests')).getRows();
  if (Number(count) === 0) return relation;
  // The first and the last within the tolerance are one: each is found by a merge, so that no key is compared with itself.
  await connection.run(`create temp table joined_requests as
    with requests as (
      select "key", "at", min(id) as id, count(distinct id) as ids, row_number() over (partition by "key" order by "at") as place
      from ${relation} where kind = 'prediction' and "key" in (select "key" from asked_requests) group by "key", "at"),
    bounds as (
      select *, asked - getvariable('asked_tolerance') as least, asked + getvariable('asked_tolerance') as most from asked_requests),
    firsts as (select b."key", asked, id, ids, place from bounds b asof join requests r on b."key" = r."key" and least <= r."at"),
    lasts as (select b."key", asked, place from bounds b asof join requests r on b."key" = r."key" and most >= r."at")
    select f."key" as joined_key, f.asked as joined_time, f.id as joined_id
    from firsts f join lasts l on f."key" = l."key" and f.asked = l.asked where f.place = l.place and ids = 1`);
  return `(select l.* exclude (joined_key, joined_time, joined_id) replace (coalesce(joined_id, id) as id)
    from (select * from ${relation} l left join joined_requests
      on l.kind = 'feedback' and l."key" = joined_key and l.asked = joined_time) l)`;
}
