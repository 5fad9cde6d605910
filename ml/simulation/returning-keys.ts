import { arms, type Arm } from '../../contracts/release/arm.ts';
import type { Random } from '../random.ts';
import { binomial } from '../statistics/binomial.ts';
import { poisson, positivePoisson } from '../statistics/poisson.ts';
import type { ReleaseHistory } from './history.ts';

/** A fixed population whose keys come again and again; some fail whenever they come, on either arm. */
export interface ReturningKeys {
  readonly kind: 'returning';
  readonly population: number;
  /** Requests a minute of one key, on average. */
  readonly requestsPerMinute: number;
  /** Chance, in [0, 1), that a key is one of those whose every request has the event, on either arm. */
  readonly alwaysShare: number;
}

/** Keys of one class on one arm: those that had no event yet, and those that had. */
interface Group {
  quiet: number;
  seen: number;
}

type Class = 'ordinary' | 'always';
const classes = ['ordinary', 'always'] as const satisfies readonly Class[];

/**
 * Fills in what such a population does, exact in distribution without a draw per key: a key's requests are a Poisson
 * process, thinned into those with and without the event, so that a quiet key's first event comes in a minute with a chance of
 * `1 - exp(-rate)`. As the canary's share grows, keys move over from the champion and stay; who had an event takes that along.
 */
export function returningKeys(
  { population, requestsPerMinute, alwaysShare }: ReturningKeys,
  history: ReleaseHistory,
  rate: Readonly<Record<Arm, Float64Array>>,
  traffic: Float64Array,
  random: Random,
): void {
  const always = binomial(random, population, alwaysShare);
  const size = { ordinary: population - always, always };
  const groups: Record<Class, Record<Arm, Group>> = {
    ordinary: { champion: { quiet: size.ordinary, seen: 0 }, canary: { quiet: 0, seen: 0 } },
    always: { champion: { quiet: size.always, seen: 0 }, canary: { quiet: 0, seen: 0 } },
  };
  let share = 0;
  for (let minute = 0; minute < history.minutes; minute++) {
    const next = history.share[minute] ?? share;
    if (next !== share) for (const kind of classes) move(groups[kind], share, next, random);
    share = next;
    const coming = requestsPerMinute * (traffic[minute] ?? 1);
    for (const arm of arms) {
      const chance = { ordinary: rate[arm][minute] ?? 0, always: 1 };
      let [events, first, others] = [0, 0, 0];
      for (const kind of classes) {
        const group = groups[kind][arm];
        const failing = coming * chance[kind];
        others += poisson(random, (group.quiet + group.seen) * (coming - failing));
        events += poisson(random, group.seen * failing);
        const failed = binomial(random, group.quiet, -Math.expm1(-failing));
        for (let key = 0; key < failed; key++) events += positivePoisson(random, failing);
        group.quiet -= failed;
        group.seen += failed;
        first += failed;
      }
      history[arm].events[minute] = events;
      history[arm].firstEvents[minute] = first;
      history[arm].requests[minute] = events + others;
    }
  }
}

/** A key is the canary's if its hash lies below the share: as the share changes, keys only move one way. */
function move({ champion, canary }: Record<Arm, Group>, before: number, after: number, random: Random): void {
  const [from, to, chance] =
    after > before
      ? ([champion, canary, (after - before) / (1 - before)] as const)
      : ([canary, champion, (before - after) / before] as const);
  for (const state of ['quiet', 'seen'] as const) {
    const moved = binomial(random, from[state], chance);
    from[state] -= moved;
    to[state] += moved;
  }
}
