import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnProfile } from '../../contracts/evidence/data.ts';
import { leastSteps, middleShare } from '../../contracts/data/lost-digits.ts';
import { countOf, numberOf, type Database } from './connection.ts';

/**
 * Numbers of a feature that float32 is too coarse for at their size, by the middle of the column, where no stray value counts. Null where the middle
 * has steps enough, or does not vary. `reading`: rows with `number` and `wrong`.
 */
export async function findLostDigits(
  database: Database,
  reading: string,
  { kind, type }: Column,
  { min, max }: Pick<ColumnProfile, 'min' | 'max'>,
): Promise<ColumnProfile['lostDigits']> {
  if (kind !== 'numeric' || min === null || max === null || min === max) return null;
  // These float32 holds, all of them.
  if (type === 'integer' && Math.max(-min, max) <= 2 ** 24) return null;
  const numbers = `(select number from ${reading} where not wrong and isfinite(number))`;
  const edge = (1 - middleShare) / 2;
  const [low, high] = await database.row(
    `select quantile_cont(number, ${edge}), quantile_cont(number, ${1 - edge}) from ${numbers}`,
  );
  const [from, to] = [numberOf(low) ?? 0, numberOf(high) ?? 0];
  const step = 2 ** -23 * Math.max(Math.abs(from), Math.abs(to));
  if (to === from || to - from >= leastSteps * step) return null;
  const [distinct, left] = await database.row(
    `select count(distinct number), count(distinct number::float) from ${numbers} where abs(number) < 3e38`,
  );
  return countOf(distinct) === countOf(left) ? null : { distinct: countOf(distinct), left: countOf(left), from, to };
}
