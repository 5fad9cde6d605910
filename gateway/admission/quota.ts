import type { Config } from '../../config/schema.ts';
import { HttpError } from '../call/http-error.ts';
import type { Caller } from '../call/infer-call.ts';
import { networkOf } from './network.ts';

export interface Quota {
  /**
   * Takes `cost` requests (default 1) out of the caller's bucket; what costs more than the bucket holds needs a full one. Throws
   * `HttpError` 429, which says after how many seconds to try again.
   */
  take(caller: Caller, cost?: number): void;
}

/** Buckets that are kept at most; the oldest go first, and start again with a full burst. */
const bucketsAtMost = 20_000;

/**
 * A token bucket per client, and per address of the anonymous (per /64 network where it is IPv6, since one host has a whole one).
 * Each of `processes` grants its part of the rate, as connections are handed out in turn. `now` is in milliseconds.
 */
export function createQuota(
  gateway: Pick<Config['gateway'], 'clients' | 'quota'>,
  processes: number,
  now: () => number,
): Quota {
  const { clients, quota } = gateway;
  const limits = new Map<string, Limit | null>(
    clients.map(({ name, rate = quota.rate }) => [name, limitOf(rate, quota.burst, processes)]),
  );
  const usual = limitOf(quota.rate, quota.burst, processes);
  if (usual === null && [...limits.values()].every((limit) => limit === null)) return { take: () => undefined };

  // Per caller the time at which its bucket will be full again: a bucket that is full needs no memory.
  const fullAt = new Map<string, number>();
  return {
    take({ name }, cost = 1) {
      const own = limits.get(name);
      const limit = own === undefined ? usual : own;
      if (limit === null) return;
      const key = own === undefined ? networkOf(name) : name;
      const at = now();
      const full = Math.max(fullAt.get(key) ?? at, at);
      const wait = full - at + Math.min(cost * limit.msEach, limit.burstMs) - limit.burstMs;
      // Sums of fractions must not turn a full bucket into a refusal.
      if (wait > 1e-6) throw tooMany(name, wait);
      if (fullAt.size >= bucketsAtMost && !fullAt.has(key)) makeRoom(fullAt, at);
      fullAt.set(key, full + cost * limit.msEach);
    },
  };
}

interface Limit {
  readonly msEach: number;
  /** Time in which an empty bucket fills; at least one request fits. */
  readonly burstMs: number;
}

function limitOf(rate: number | null, burstSeconds: number, processes: number): Limit | null {
  if (rate === null) return null;
  const msEach = (1_000 * processes) / rate;
  return { msEach, burstMs: Math.max(burstSeconds * 1_000, msEach) };
}

/** Forgets full buckets, and where that does not suffice the oldest tenth. */
function makeRoom(fullAt: Map<string, number>, at: number): void {
  for (const [key, full] of fullAt) if (full <= at) fullAt.delete(key);
  let surplus = fullAt.size - 0.9 * bucketsAtMost;
  for (const key of fullAt.keys()) {
    if (surplus <= 0) return;
    fullAt.delete(key);
    surplus -= 1;
  }
}

function tooMany(name: string, waitMs: number): HttpError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new HttpError(429, `"${name}" asks more often than its quota allows: try again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
