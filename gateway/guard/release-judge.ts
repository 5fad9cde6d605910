import { randomUUID } from 'node:crypto';
import { unitHash } from '../../contracts/unit-hash.ts';
import type { Registry } from '../../ports/registry/port.ts';
import type { Answered } from '../call/answered.ts';
import { openCounters, type GuardCounter } from './guard-counter.ts';
import type { Judged } from './judged-canary.ts';

/** What a judge must know of an answer. */
export type JudgedAnswer = Pick<Answered, 'route' | 'key' | 'ms' | 'failed'>;

/**
 * What this process has seen of one canary. It counts nothing before it holds a slot, so that whether and where it judges does not
 * depend on what it judges by.
 */
export class ReleaseJudge {
  readonly judged: Judged;
  readonly counters: readonly GuardCounter[];
  /** Null before it holds one. */
  slot: number | null = null;
  /** Other processes hold all the slots. */
  refused = false;
  /** The guard that fired on the canary. */
  fired: GuardCounter | null = null;
  /** Requests that the canary answered here. */
  canaryRequests = 0;
  /** The canary is out, or the record says something else. */
  ended = false;
  /** Why the canary that it fired on is still in the deployment record; null where that is not so. */
  problem: string | null = null;
  readonly #id = randomUUID();
  #claiming: Promise<void> | null = null;

  constructor(judged: Judged, mostKeys?: number) {
    this.judged = judged;
    this.counters = openCounters(judged.guard, mostKeys);
  }

  /** Tries for a slot unless that is settled, or under way. Throws where the store cannot be reached. */
  claim(registry: Pick<Registry, 'claimGuardSlot'>, instance: string): Promise<void> {
    if (this.slot !== null || this.refused) return Promise.resolve();
    const { model, release, guard } = this.judged;
    this.#claiming ??= registry
      .claimGuardSlot({ model, release, slots: guard.slots }, { instance, judge: this.#id })
      .then((slot) => {
        this.slot = slot;
        this.refused = slot === null;
      })
      .finally(() => {
        this.#claiming = null;
      });
    return this.#claiming;
  }

  /** Takes an answer that the sticky split chose; says whether it fired on the canary, which happens once. */
  answered({ route: { version, arm, share }, key, ms, failed }: JudgedAnswer): boolean {
    if (this.slot === null || this.fired !== null || this.ended) return false;
    const isCanary = arm === 'canary';
    if (version !== (isCanary ? this.judged.version : this.judged.champion)) return false;
    if (isCanary) this.canaryRequests += 1;
    const { slow } = this.judged.guard;
    const isSlow = slow !== null && ms > slow.ms;
    if (!failed && !isSlow) return false;
    const hash = unitHash(this.judged.release, key);
    for (const counter of this.counters) {
      const happened = counter.name === 'errors' ? failed : isSlow;
      if (!happened || !counter.add(hash, arm, share, this.canaryRequests)) continue;
      this.fired = counter;
      return true;
    }
    return false;
  }
}
