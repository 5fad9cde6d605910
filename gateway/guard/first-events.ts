import type { Arm } from '../../contracts/release/arm.ts';
import type { EventCounts } from '../../contracts/evidence/release.ts';

/** Keys with an event that are remembered: 10 MB. */
const mostKeys = 200_000;

/**
 * Counts each sticky key's first event, by arm and the share in force then. Only keys with an event take room; once there are too
 * many it counts no more, since it could not tell a first event from a second.
 */
export class FirstEvents {
  readonly #most: number;
  readonly #keys = new Set<number>();
  readonly #counts: EventCounts[] = [];
  #full = false;

  constructor(most: number = mostKeys) {
    this.#most = most;
  }

  get counts(): readonly EventCounts[] {
    return this.#counts;
  }

  /** Whether it had to stop. */
  get full(): boolean {
    return this.#full;
  }

  /** `key` is a hash of the sticky key; says whether this was its first event, and counts. Shares of 0 and 1 say nothing. */
  add(key: number, arm: Arm, share: number): boolean {
    if (share <= 0 || share >= 1 || this.#full || this.#keys.has(key)) return false;
    if (this.#keys.size >= this.#most) {
      this.#full = true;
      return false;
    }
    this.#keys.add(key);
    this.#at(share)[arm] += 1;
    return true;
  }

  #at(share: number): EventCounts {
    const known = this.#counts.find((counts) => counts.share === share);
    if (known !== undefined) return known;
    const counts = { share, champion: 0, canary: 0 };
    this.#counts.push(counts);
    return counts;
  }
}
