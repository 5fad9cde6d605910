import type { Group } from '../../contracts/evidence/fairness.ts';
import { normalQuantile } from '../statistics/normal.ts';
import type { Groups } from './groups.ts';
import { momentsByGroup } from './moments.ts';

/**
 * Candidate's mean loss less the champion's in each group, on the same rows, positive is worse off: with normal intervals of the paired
 * differences, simultaneous over the groups that are judged (Sidak: groups are disjoint). Losses are bounded, so that the normal distribution holds
 * for groups that are large enough to be judged. Null for groups that are not `judged`, or have one row.
 */
export function meanLosses(
  groups: Groups,
  candidate: Float64Array,
  champion: Float64Array,
  judged: readonly boolean[],
  alpha: number,
): Group['loss'][] {
  const families = judged.filter(Boolean).length;
  const z = normalQuantile(1 - (1 - (1 - alpha) ** (1 / Math.max(1, families))) / 2);
  const moments = momentsByGroup(
    groups,
    candidate.map((loss, row) => loss - champion[row]!),
  );
  return moments.map(({ rows, mean, variance }, group) => {
    if (judged[group] !== true || rows < 2) return null;
    const half = z * Math.sqrt(variance / rows);
    return { estimate: mean, lower: mean - half, upper: mean + half };
  });
}
