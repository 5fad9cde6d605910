import type { ReleaseHistory } from '../../../ml/simulation/history.ts';

/** Requests and events of both arms so far. */
export interface Totals {
  champion: { requests: number; events: number };
  canary: { requests: number; events: number };
}

export const noTotals = (): Totals => ({
  champion: { requests: 0, events: 0 },
  canary: { requests: 0, events: 0 },
});

export function addMinute(totals: Totals, { champion, canary }: ReleaseHistory, minute: number): void {
  totals.champion.requests += champion.requests[minute] ?? 0;
  totals.champion.events += champion.events[minute] ?? 0;
  totals.canary.requests += canary.requests[minute] ?? 0;
  totals.canary.events += canary.events[minute] ?? 0;
}

/** The difference of the arms' rates, canary less champion, and its variance when both have the pooled rate; null without requests. */
export function differenceOf({ champion, canary }: Totals): { difference: number; variance: number } | null {
  if (champion.requests === 0 || canary.requests === 0) return null;
  const pooled = (champion.events + canary.events) / (champion.requests + canary.requests);
  const variance = pooled * (1 - pooled) * (1 / champion.requests + 1 / canary.requests);
  return { difference: canary.events / canary.requests - champion.events / champion.requests, variance };
}

/** The pooled two-proportion z statistic: above 0 where the canary is worse; 0 where nothing can be said. */
export function pooledZ(totals: Totals): number {
  const found = differenceOf(totals);
  return found === null || found.variance <= 0 ? 0 : found.difference / Math.sqrt(found.variance);
}
