import type { Group } from '../../contracts/evidence/fairness.ts';
import { normalQuantile } from '../statistics/normal.ts';
import type { Groups } from './groups.ts';

/**
 * Candidate's error rate minus the champion's in each group, on the same rows, in [-1, 1], 0 means no change, positive is
 * worse off. `(b - c) / n` from the b rows that only the champion had right and the c that only the candidate had, with
 * the adjusted Wald interval for paired proportions (Agresti and Min 2005: half a row added to each cell of the four),
 * simultaneous over the groups that are judged (Sidak: groups are disjoint). Null for groups that are not `judged`.
 */
export function groupLosses(
  groups: Groups,
  labels: ArrayLike<number>,
  candidate: ArrayLike<number>,
  champion: ArrayLike<number>,
  judged: readonly boolean[],
  alpha: number,
): Group['loss'][] {
  const count = groups.names.length;
  const [rows, worse, better] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const bump = (counts: Int32Array, group: number) => (counts[group] = (counts[group] ?? 0) + 1);
  for (let row = 0; row < labels.length; row++) {
    const group = groups.index[row] ?? 0;
    bump(rows, group);
    if (candidate[row] === champion[row]) continue;
    bump(champion[row] === labels[row] ? worse : better, group);
  }
  const families = judged.filter(Boolean).length;
  const z = normalQuantile(1 - (1 - (1 - alpha) ** (1 / Math.max(1, families))) / 2);
  return groups.names.map((_, group) => {
    if (judged[group] !== true) return null;
    const [n, b, c] = [rows[group] ?? 0, worse[group] ?? 0, better[group] ?? 0];
    const estimate = (b - c) / n;
    const centre = (b - c) / (n + 2);
    const half = (z * Math.sqrt(b + c + 1 - (b - c) ** 2 / (n + 2))) / (n + 2);
    return { estimate, lower: Math.max(-1, centre - half), upper: Math.min(1, centre + half) };
  });
}
