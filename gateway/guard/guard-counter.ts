import type { Arm } from '../../contracts/release/arm.ts';
import type { GatewayGuardEvidence, GatewayGuardName } from '../../contracts/evidence/gateway-guard.ts';
import { gatewayGuardTest, type GatewayGuardVerdict } from '../../policy/release/test-gateway-guard.ts';
import { FirstEvents } from './first-events.ts';

/** What one guard holds a canary to. */
export type GuardLimits = Pick<GatewayGuardEvidence, 'guard' | 'alpha' | 'ratio' | 'ms'>;

/** One guard's events of a canary and its champion. */
export class GuardCounter {
  readonly limits: GuardLimits;
  readonly #first: FirstEvents;
  readonly #test: ReturnType<typeof gatewayGuardTest>;
  #canaryEvents = 0;
  /** The evidence reached its limit, though not enough of the canary's requests had the event. */
  #reached = false;

  constructor(limits: GuardLimits, mostKeys?: number) {
    this.limits = limits;
    this.#first = new FirstEvents(mostKeys);
    this.#test = gatewayGuardTest(limits);
  }

  get name(): GatewayGuardName {
    return this.limits.guard;
  }

  /** Whether there were too many keys to go on. */
  get full(): boolean {
    return this.#first.full;
  }

  /** Takes an event and says whether it fires: only one of the canary can. `key` is a hash of the sticky key. */
  add(key: number, arm: Arm, share: number, canaryRequests: number): boolean {
    if (arm === 'canary') this.#canaryEvents += 1;
    const isFirst = this.#first.add(key, arm, share);
    if (arm !== 'canary' || this.full || !(isFirst || this.#reached)) return false;
    const { eValue, fired } = this.verdict(canaryRequests);
    this.#reached = eValue >= 1 / this.limits.alpha;
    return fired;
  }

  verdict(canaryRequests: number): GatewayGuardVerdict {
    return this.#test(this.seen(canaryRequests));
  }

  seen(canaryRequests: number): Pick<GatewayGuardEvidence, 'counts' | 'canary'> {
    return {
      counts: this.#first.counts.map((counts) => ({ ...counts })),
      canary: { requests: canaryRequests, events: this.#canaryEvents },
    };
  }
}

/** The guards that the record asks for. */
export function openCounters(
  {
    errors,
    slow,
  }: {
    errors: { alpha: number; ratio: number } | null;
    slow: { alpha: number; ratio: number; ms: number } | null;
  },
  mostKeys?: number,
): GuardCounter[] {
  const limits: GuardLimits[] = [];
  if (errors !== null) limits.push({ guard: 'errors', ms: null, ...errors });
  if (slow !== null) limits.push({ guard: 'slow', ...slow });
  return limits.map((one) => new GuardCounter(one, mostKeys));
}
