import type { Arm } from '../../../contracts/release/arm.ts';
import type { EventCounts } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { Random } from '../../../ml/random.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';
import type { Harm } from './incident.ts';
import { addEvents } from './key-events.ts';

/** Of a champion's answers, those without a probability in [0, 1]. */
export const noProbability = 0.001;

/** Of a champion's probabilities, those in the policy's band: they are spread evenly over [0, 1]. */
export const bandRate = ({ guards: { scoreBand } }: ReleasePolicy): number =>
  scoreBand === null ? 0 : Math.max(0, scoreBand.to - scoreBand.from);

/** First answers of keys with a probability in the band, and with none; drawn independently of each other. */
export class ScoreStream {
  readonly seen: { readonly inBand: EventCounts[]; readonly outOfRange: EventCounts[] } = {
    inBand: [],
    outOfRange: [],
  };
  readonly #random: Random;
  readonly #band: number;

  constructor(policy: ReleasePolicy, random: Random) {
    this.#random = random;
    this.#band = bandRate(policy);
  }

  /** Keys of an arm that were answered at the `share` in force. */
  add(share: number, arm: Arm, keys: number, { bandRate: harmed, noProbability: absent }: Harm): void {
    const of = (before: number, after = before): number => (arm === 'canary' ? after : before);
    addEvents(this.seen.inBand, share, arm, binomial(this.#random, keys, of(this.#band, harmed)));
    addEvents(this.seen.outOfRange, share, arm, binomial(this.#random, keys, of(noProbability, absent)));
  }
}
