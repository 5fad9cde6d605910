import type { EventCounts } from '../../contracts/evidence/release.ts';
import { logPower, mixtureOf } from './mixture.ts';

/**
 * Ratios to the tolerated one that the mixture looks for, and the share of the mixture that each has. An effect is found
 * once its evidence has earned back 1 / weight too, so that the most is where that matters: ratios around 2, whose median
 * on 600 keys a minute (`bench/release`) is 17 minutes, 19 with even weights. Large ratios are found after a few events
 * by any weight.
 */
const mixture = [
  { effect: 1.1, weight: 0.13 },
  { effect: 1.2, weight: 0.13 },
  { effect: 1.35, weight: 0.14 },
  { effect: 1.6, weight: 0.17 },
  { effect: 2, weight: 0.19 },
  { effect: 3, weight: 0.13 },
  { effect: 6, weight: 0.07 },
  { effect: 20, weight: 0.04 },
] as const;

const effects: readonly number[] = mixture.map(({ effect }) => effect);
const weights: readonly number[] = mixture.map(({ weight }) => weight);

/** What a limit of zero is taken for, so that ratios exist. */
const leastLimit = 1e-9;

/** Chance that an event falls on the canary at share `share` when its rate is `ratio` times the champion's. */
const canaryShare = (share: number, ratio: number): number => (share * ratio) / (1 - share + share * ratio);

/** What one event multiplies the evidence by, per effect: the likelihood ratios of an event on either arm. */
export interface EventFactors {
  readonly champion: readonly number[];
  readonly canary: readonly number[];
}

/**
 * Per effect d, for an event at `share` in (0, 1): theta_d / theta_0 on the canary, (1 - theta_d) / (1 - theta_0) on
 * the champion.
 */
function eventFactors(share: number, tolerated: number): EventFactors {
  const from = Math.max(leastLimit, tolerated);
  const before = canaryShare(share, from);
  const after = effects.map((effect) => canaryShare(share, from * effect));
  return {
    champion: after.map((theta) => (1 - theta) / (1 - before)),
    canary: after.map((theta) => theta / before),
  };
}

/**
 * e-process against "the canary's rate of an event is at most `tolerated` times the champion's".
 *
 * Of the events at share w, the canary has theta = w r / (1 - w + w r) where r is the ratio of the rates, for any
 * rates, also if they move together (a shared outage is not evidence). The value is the mixture, over `effects` d
 * by fixed weights, of the binomial likelihood ratios of r = tolerated * d to r = tolerated; it is a supermartingale for
 * every smaller r too, for any weights, so that it exceeds 1/alpha at any look with a chance of at most alpha (Ville). Count each sticky key's first
 * event: bursts of one key are not independent. Shares 0 and 1 say nothing and are left out; without events it is 1.
 * Source: Lindon and Malek 2022 (time-inhomogeneous Bernoulli processes).
 */
export const eventRateEvidence = (counts: readonly EventCounts[], tolerated: number): number =>
  eventRateTest(tolerated)(counts);

/** `eventRateEvidence` at one tolerated ratio, for many looks at the same shares. */
export function eventRateTest(tolerated: number): (counts: readonly EventCounts[]) => number {
  const logsAt = new Map<number, EventFactors>();
  const logsOf = (share: number): EventFactors => {
    const known = logsAt.get(share);
    if (known !== undefined) return known;
    const { champion, canary } = eventFactors(share, tolerated);
    const logs = { champion: champion.map(Math.log), canary: canary.map(Math.log) };
    logsAt.set(share, logs);
    return logs;
  };
  const sums = new Float64Array(effects.length);
  return (counts) => {
    sums.fill(0);
    for (const { share, champion, canary } of counts) {
      if (share <= 0 || share >= 1 || champion + canary === 0) continue;
      const logs = logsOf(share);
      for (let effect = 0; effect < sums.length; effect++) {
        const sum = (sums[effect] ?? 0) + times(canary, logs.canary[effect] ?? 0);
        sums[effect] = sum + times(champion, logs.champion[effect] ?? 0);
      }
    }
    return mixtureOf(sums, weights);
  };
}

/** 0 for a count of 0, even where the logarithm is infinite. */
const times = (count: number, log: number): number => (count === 0 ? 0 : count * log);

/**
 * e-process against "the rate of an event is at most `limit`", from so many events in so many independent trials: the
 * same mixture of binomial likelihood ratios of limit * effect (at most half way to 1) to `limit`. 1 without trials.
 */
export function rateEvidence(events: number, trials: number, limit: number): number {
  if (limit >= 1) return 1;
  const from = Math.max(leastLimit, limit);
  const logs = effects.map((effect) => {
    const rate = Math.min(from * effect, (1 + from) / 2);
    return logPower(events, rate / from) + logPower(trials - events, (1 - rate) / (1 - from));
  });
  return mixtureOf(logs, weights);
}

/** What a limit of 1 is held away from it, so that a trial without an event is finite evidence. */
const mostLimit = 1 - leastLimit;

/**
 * e-process against "the rate of an event is at least `limit`": `rateEvidence` the other way, the mixture of binomial likelihood
 * ratios of limit / effect to `limit`. A trial without an event multiplies it by at least 1, so that trials left out never make it
 * greater. 1 without trials, and at a limit of 0, below which no rate is.
 */
export function rateBelowEvidence(events: number, trials: number, limit: number): number {
  if (limit <= 0) return 1;
  const from = Math.min(mostLimit, limit);
  const logs = effects.map(
    (effect) => logPower(events, 1 / effect) + logPower(trials - events, (1 - from / effect) / (1 - from)),
  );
  return mixtureOf(logs, weights);
}
