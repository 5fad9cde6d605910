import { scoreSteps, type RateCounts } from '../../../contracts/evidence/groups.ts';
import type { PairedLosses } from '../../../contracts/evidence/paired-losses.ts';
import type { Arm } from '../../../contracts/release/arm.ts';

export const noLosses = (): PairedLosses => ({ differences: [], champion: 0, canary: 0 });

/** Counts a key by what both versions lost on it, each in [0, 1]. */
export function addPair(counts: RateCounts, { champion, canary }: Readonly<Record<Arm, number>>): void {
  counts.labels += 1;
  if (canary > champion) counts.worse += 1;
  if (canary < champion) counts.better += 1;
  const { losses } = counts;
  if (losses === undefined) return;
  losses.champion += champion;
  losses.canary += canary;
  addStep(losses.differences, Math.floor((canary - champion) * scoreSteps));
}

/** Keeps the steps in their order, so that evidence does not depend on the order of keys. */
function addStep(differences: PairedLosses['differences'], step: number): void {
  let [from, to] = [0, differences.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((differences[middle]?.[0] ?? Infinity) < step) from = middle + 1;
    else to = middle;
  }
  const found = differences[from];
  if (found?.[0] === step) found[1] += 1;
  else differences.splice(from, 0, [step, 1]);
}
