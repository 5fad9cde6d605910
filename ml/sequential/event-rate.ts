import type { EventCounts } from '../../contracts/evidence/release.ts';
import { logPower, mixtureOf } from './mixture.ts';

/** Ratios to the tolerated one that the mixture looks for. */
const ratios = [1.1, 1.2, 1.35, 1.6, 2, 3, 6, 20];

/** What a limit of zero is taken for, so that ratios exist. */
const leastLimit = 1e-9;

/** Chance that an event falls on the canary when its rate is `ratio` times the champion's. */
const canaryShare = (share: number, ratio: number): number => (share * ratio) / (1 - share + share * ratio);

/** Log likelihood ratio of the canary's odds of an event being `to` rather than `from` times those of the split. */
const logRatio = (counts: readonly EventCounts[], from: number, to: number): number =>
  counts
    .filter(({ share }) => share > 0 && share < 1)
    .reduce((sum, { share, champion, canary }) => {
      const before = canaryShare(share, from);
      const after = canaryShare(share, to);
      return sum + logPower(canary, after / before) + logPower(champion, (1 - after) / (1 - before));
    }, 0);

/**
 * e-process against "the canary's rate of an event is at most `tolerated` times the champion's".
 *
 * Of the events at share w, the canary has theta = w r / (1 - w + w r) where r is the ratio of the rates, whatever the
 * rates are and however they move together (a shared outage is no evidence). The value is the mixture, over effects
 * d > 0, of the binomial likelihood ratios of r = tolerated e^d to r = tolerated; it is a supermartingale for every
 * smaller r too, so that it exceeds 1/alpha at any look with a chance of at most alpha (Ville). Count each sticky key's
 * first event: bursts of one key are not independent. Shares 0 and 1 say nothing and are left out; without events it is 1.
 * Source: Lindon and Malek 2022 (time-inhomogeneous Bernoulli processes).
 */
export function eventRateEvidence(counts: readonly EventCounts[], tolerated: number): number {
  const from = Math.max(leastLimit, tolerated);
  return mixtureOf(ratios.map((ratio) => logRatio(counts, from, from * ratio)));
}

/**
 * e-process against "keys fall on the canary by the share in force" (sample ratio), two-sided: the mixture over the odds
 * of the canary being multiplied or divided by the same effects. It exceeds 1/alpha with a chance of at most alpha.
 */
export function sampleRatioEvidence(counts: readonly EventCounts[]): number {
  return mixtureOf(ratios.flatMap((ratio) => [logRatio(counts, 1, ratio), logRatio(counts, 1, 1 / ratio)]));
}

/**
 * e-process against "the rate of an event is at most `limit`", from so many events in so many independent trials: the
 * mixture of binomial likelihood ratios of limit * effect (at most half way to 1) to `limit`. 1 without trials.
 */
export function rateEvidence(events: number, trials: number, limit: number): number {
  if (limit >= 1) return 1;
  const from = Math.max(leastLimit, limit);
  return mixtureOf(
    ratios.map((ratio) => {
      const rate = Math.min(from * ratio, (1 + from) / 2);
      return logPower(events, rate / from) + logPower(trials - events, (1 - rate) / (1 - from));
    }),
  );
}
