import type { EventCounts } from '../../contracts/evidence/release.ts';
import type { EventMargin } from '../../contracts/release/promotion-policy.ts';
import { eventRateTest, rateBelowEvidence } from './event-rate.ts';

/** First events per key, and the keys themselves, by arm and share. Shares of 0 and 1 compare nothing and are left out. */
export interface EventTrials {
  readonly events: readonly EventCounts[];
  readonly keys: readonly EventCounts[];
}

/**
 * e-process against harm: "the canary's rate of an event is at least `ratio` times the champion's, and at least `rate`".
 *
 * The even mixture of an e-process against the first (`eventRateEvidence` with the arms exchanged: the champion's rate is at most
 * 1 / ratio of the canary's, at share 1 - w) and one against the second (`rateBelowEvidence` of the canary's keys). Harm is both, so
 * that either one speaks against it, and their mixture is an e-process: above 1/alpha at any look with a chance of at most alpha.
 * The ratio is that of keys' first events: where most keys have one, it is nearer to 1 than that of requests. The rate is a request's
 * of a key that had no event yet; counting its key once leaves trials without an event out, which only makes the evidence smaller.
 * Pairs of a request and its mirror can be given as events at share 1/2, even if the two are dependent: the factor of an event of both
 * is the product of the factors of either, one below 1 and one above.
 * Source: Lindon and Malek 2022; means of e-values: Vovk and Wang 2021.
 */
export const eventNonInferiorityEvidence = (trials: EventTrials, margin: EventMargin): number =>
  eventNonInferiorityTest(margin)(trials);

/** `eventNonInferiorityEvidence` at one margin, for many looks at the same shares. */
export function eventNonInferiorityTest({ ratio, rate }: EventMargin): (trials: EventTrials) => number {
  const ofChampion = eventRateTest(1 / ratio);
  return ({ events, keys }) => {
    const compared = events.filter(isSplit);
    const swapped = compared.map(({ share, champion, canary }) => ({
      share: 1 - share,
      champion: canary,
      canary: champion,
    }));
    const [canaryEvents, canaryKeys] = [ofCanary(compared), ofCanary(keys.filter(isSplit))];
    const below = rateBelowEvidence(canaryEvents, Math.max(canaryKeys, canaryEvents), rate);
    return ofChampion(swapped) / 2 + below / 2;
  };
}

const isSplit = ({ share }: EventCounts): boolean => share > 0 && share < 1;
/** Events of the canary at all shares. */
export const ofCanary = (counts: readonly EventCounts[]): number => counts.reduce((sum, { canary }) => sum + canary, 0);
