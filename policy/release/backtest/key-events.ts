import type { Arm } from '../../../contracts/release/arm.ts';
import type { EventCounts, EventKind } from '../../../contracts/evidence/release.ts';
import type { Random } from '../../../ml/random.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';

/** Chances per key, by arm. */
export type EventRates = Readonly<Record<Exclude<EventKind, 'key' | 'negative'>, Readonly<Record<Arm, number>>>>;
export type KeyEvents = Readonly<Record<EventKind, number>>;

/** What so many keys of an arm are counted as, by chance. */
export function drawEvents(random: Random, keys: number, arm: Arm, rates: EventRates): KeyEvents {
  const error = binomial(random, keys, rates.error[arm]);
  const positive = binomial(random, keys - error, rates.positive[arm]);
  const slow = binomial(random, keys, rates.slow[arm]);
  return { key: keys, error, slow, positive, negative: keys - error - positive };
}

/** Adds so many events of an arm to the counts by share; the last counts are those of the share in force if it has not changed. */
export function addEvents(counts: EventCounts[], share: number, arm: Arm, events: number): void {
  if (events === 0) return;
  const last = counts.at(-1);
  if (last?.share === share) last[arm] += events;
  else counts.push({ share, champion: 0, canary: 0, [arm]: events });
}
