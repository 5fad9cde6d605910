import type { EventCounts } from '../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { eventRateEvidence } from '../../ml/sequential/event-rate.ts';

/**
 * When a bake is judged from, as parts of its length, and the part of its guards' alpha that each start has. Declared here, so that no
 * event chooses one. A failure that begins late is found from the last start before it, without having to earn back the good time before.
 */
const declared = [
  { part: 0, weight: 1 / 2 },
  { part: 1 / 4, weight: 1 / 6 },
  { part: 1 / 2, weight: 1 / 6 },
  { part: 3 / 4, weight: 1 / 6 },
] as const;

/** Part of the alpha of a guard of the bake that what happens from its begin on has. */
export const weightOfBegin: number = declared[0].weight;

/** Starts, of a bake that began at `since`, that have passed at `now`; all in milliseconds of one clock, `bake` a length. Never none. */
export const startsOfBake = ({ bake }: Pick<ReleasePolicy, 'bake'>, since: number, now: number): number[] =>
  declared.map(({ part }) => since + Math.floor(part * bake)).filter((start, index) => index === 0 || start <= now);

/**
 * Evidence against "the rate of an event is at most `tolerated` times the holdback's", from the first events of each key since each
 * start of `startsOfBake`: the greatest of the starts' e-processes (`eventRateEvidence`), each times its weight. It is 1/alpha or more
 * at any time with a chance of at most alpha, as the chances of the starts add up to that (Ville, union bound). Their sum could be more: a
 * start forgets who failed before it, so that the starts have no common past to which one stopping time belongs. 1/2 without events.
 */
export function bakeEvidence(starts: readonly (readonly EventCounts[])[], tolerated: number): number {
  return Math.max(...declared.map(({ weight }, index) => weight * eventRateEvidence(starts[index] ?? [], tolerated)));
}
