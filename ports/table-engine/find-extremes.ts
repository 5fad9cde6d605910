import { float32Limit } from '../../contracts/data/cell.ts';
import type { Column } from '../../contracts/data/dataset.ts';
import { leastDistances, nearShare, reachOf, squareLimit } from '../../contracts/data/extreme-values.ts';
import type { ColumnProfile } from '../../contracts/evidence/data.ts';
import { countOf, numberOf, type Database } from './connection.ts';

const mostExamples = 5;

/**
 * Numbers that would decide alone what a model learns: beyond the reach of the others, or with a square that float32 cannot hold. A column whose range is
 * declared has none within it. `reading`: rows with `number` and `wrong`.
 */
export async function findExtremes(
  database: Database,
  reading: string,
  { min, max }: Column,
): Promise<ColumnProfile['extremes']> {
  if (min !== undefined && max !== undefined) return null;
  const numbers = `(select number from ${reading} where not wrong and abs(number) < ${float32Limit})`;
  const [all, median] = await database.row(`select count(*), quantile_cont(number, 0.5) from ${numbers}`);
  const middle = numberOf(median);
  if (middle === null) return null;
  const distances = `(select number, abs(number - ${middle}) as distance from ${numbers} where number <> ${middle})`;
  const [differing, near, furthest, largest] = await database.row(
    `select count(*), quantile_disc(distance, ${nearShare}), max(distance), max(abs(number)) from ${distances}`,
  );
  const known = countOf(differing) >= leastDistances;
  const [usual] = known
    ? await database.row(`select sqrt(avg(distance * distance)) from ${distances} where distance <= ${numberOf(near)}`)
    : [null];
  const reach = known ? reachOf(numberOf(usual ?? null) ?? 0, countOf(all)) : Infinity;
  if ((numberOf(furthest) ?? 0) <= reach && (numberOf(largest) ?? 0) < squareLimit) return null;
  const isExtreme = `abs(number) >= ${squareLimit}${known ? ` or distance > ${reach}` : ''}`;
  const [rows] = await database.row(`select count(*) from ${distances} where ${isExtreme}`);
  const values = await database.rows(
    `select number from ${distances} where ${isExtreme} group by number, distance order by distance desc, number limit ${mostExamples}`,
  );
  return {
    rows: countOf(rows),
    of: countOf(all),
    values: values.flatMap(([value]) => numberOf(value ?? null) ?? []),
    median: middle,
  };
}
