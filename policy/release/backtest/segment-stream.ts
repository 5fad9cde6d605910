import { arms, type Arm } from '../../../contracts/release/arm.ts';
import type { ObservedSegment } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Random } from '../../../ml/random.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';
import { wholeTraffic } from '../alpha-budget.ts';
import { segmentWeights } from '../what-to-count/segments.ts';
import { addEvents, drawEvents, type EventRates } from './key-events.ts';

/** The segments that the policy names, in its order. */
export const segmentsOf = (policy: ReleasePolicy): string[] =>
  Object.keys(segmentWeights(policy)).filter((name) => name !== wholeTraffic);

/** Part of the keys in each of them: as many as in the others, and as are in none. */
export const segmentShare = (policy: ReleasePolicy): number => 1 / (segmentsOf(policy).length + 1);

/** What a prediction log would say of the segments; drawn independently of what it says of all of the traffic. */
export class SegmentStream {
  /** In the policy's order. */
  readonly seen: readonly ObservedSegment[];
  readonly #random: Random;
  readonly #share: number;

  constructor(policy: ReleasePolicy, random: Random) {
    this.#random = random;
    this.#share = segmentShare(policy);
    this.seen = segmentsOf(policy).map((segment) => ({
      segment,
      events: { error: [], slow: [], positive: [], negative: [] },
      requests: { champion: 0, canary: 0 },
      slow: { champion: 0, canary: 0 },
    }));
  }

  /** `arriving`: keys of all segments at the `share` in force; `burst`: requests of one with an error. `ratesIn`: of a segment by its place. */
  add(
    share: number,
    arriving: Readonly<Record<Arm, number>>,
    burst: number,
    ratesIn: (place: number) => EventRates,
  ): void {
    for (const [place, { events, requests, slow }] of this.seen.entries())
      for (const arm of arms) {
        const keys = binomial(this.#random, arriving[arm], this.#share);
        const drawn = drawEvents(this.#random, keys, arm, ratesIn(place));
        requests[arm] += keys + drawn.error * (burst - 1);
        slow[arm] += drawn.slow;
        for (const kind of ['error', 'slow', 'positive', 'negative'] as const)
          addEvents(events[kind], share, arm, drawn[kind]);
      }
  }
}
