import { arms } from '../../contracts/release/arm.ts';
import type { Random } from '../random.ts';
import { poisson } from '../statistics/poisson.ts';
import { emptyArm } from './history.ts';
import type { ReleaseHistory } from './history.ts';
import { drawNoise } from './noise.ts';
import type { Noise } from './noise.ts';
import { returningKeys } from './returning-keys.ts';
import type { ReturningKeys } from './returning-keys.ts';

/** Keys that come once each; one that has an event sends `burst` requests, all with the event, in the same minute. */
export interface FreshKeys {
  readonly kind: 'fresh';
  readonly perMinute: number;
  /** Whole number from 1. */
  readonly burst: number;
}

/** A share of the keys, in (0, 1), that is in force for so many minutes; the last one stays. */
export interface ShareStep {
  readonly minutes: number;
  readonly share: number;
}

/** One kind of event in one release. The rate may not come near 1: a chance is cut off at `mostRate`. */
export interface SimulatedTraffic {
  readonly minutes: number;
  readonly keys: FreshKeys | ReturningKeys;
  readonly steps: readonly ShareStep[];
  /** Chance of an event for a request of the champion, in (0, 1). */
  readonly baseRate: number;
  /** The canary's chance over the champion's, from 0. */
  readonly ratio: number;
  readonly noise: Noise;
}

const mostRate = 0.95;

/** The share in force in each minute. Throws RangeError without steps. */
export function sharesOf(steps: readonly ShareStep[], minutes: number): Float64Array {
  const last = steps.at(-1);
  if (last === undefined) throw new RangeError('a release without a share: give at least one step');
  const shares = new Float64Array(minutes).fill(last.share);
  let from = 0;
  for (const step of steps) {
    shares.fill(step.share, from, from + step.minutes);
    from += step.minutes;
  }
  shares.fill(last.share, from);
  return shares;
}

/**
 * Draws one release minute by minute. Keys arrive as a Poisson process that the share and the events thin, so that every
 * count of a minute is one Poisson draw and no request is drawn by itself.
 */
export function simulateRelease(traffic: SimulatedTraffic, random: Random): ReleaseHistory {
  const { minutes, keys, baseRate, ratio, noise } = traffic;
  const share = sharesOf(traffic.steps, minutes);
  const factors = drawNoise(noise, minutes, random);
  const history: ReleaseHistory = { minutes, share, champion: emptyArm(minutes), canary: emptyArm(minutes) };
  const rate = {
    champion: factors.champion.map((factor) => Math.min(mostRate, baseRate * factor)),
    canary: factors.canary.map((factor) => Math.min(mostRate, baseRate * ratio * factor)),
  };
  if (keys.kind === 'returning') {
    returningKeys(keys, history, rate, factors.traffic, random);
    return history;
  }
  for (const arm of arms) {
    const { requests, events, firstEvents } = history[arm];
    for (let minute = 0; minute < minutes; minute++) {
      const canary = share[minute] ?? 0;
      const arriving = keys.perMinute * (factors.traffic[minute] ?? 1) * (arm === 'canary' ? canary : 1 - canary);
      const chance = rate[arm][minute] ?? 0;
      const failing = poisson(random, arriving * chance);
      firstEvents[minute] = failing;
      events[minute] = failing * keys.burst;
      requests[minute] = failing * keys.burst + poisson(random, arriving * (1 - chance));
    }
  }
  return history;
}
