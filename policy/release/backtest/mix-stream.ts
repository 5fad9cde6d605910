import type { Arm } from '../../../contracts/release/arm.ts';
import type { PredictedKeys } from '../../../contracts/evidence/release.ts';
import type { Random } from '../../../ml/random.ts';
import { binomial } from '../../../ml/statistics/binomial.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import type { Harm } from './incident.ts';
import { addEvents } from './key-events.ts';

/** Predictions of keys: the one that is asked about, and the others evenly. */
export class MixStream {
  readonly seen: PredictedKeys[];
  readonly #random: Random;
  readonly #share: number;

  constructor({ predictionParts, predictionShare }: DeclaredTraffic, random: Random) {
    this.#random = random;
    this.#share = predictionShare;
    this.seen = Array.from({ length: predictionParts }, (_, part) => ({ prediction: String(part + 1), events: [] }));
  }

  /** Keys of an arm that were answered at the `share` in force. */
  add(share: number, arm: Arm, keys: number, { predictionShare = this.#share }: Harm): void {
    const first = arm === 'canary' ? predictionShare : this.#share;
    let left = keys;
    for (const [part, { events }] of this.seen.entries()) {
      const of = part === 0 ? first : 1 / (this.seen.length - part);
      const drawn = binomial(this.#random, left, of);
      addEvents(events, share, arm, drawn);
      left -= drawn;
    }
  }
}
