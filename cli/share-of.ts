import type { Deployment } from '../contracts/release/deployment.ts';

/** Share of traffic that the version answers, 0 to 1. */
export function trafficShareOf(record: Deployment | null, version: number): number {
  if (record === null) return 0;
  const canary = record.canary?.share ?? 0;
  if (record.canary?.version === version) return canary;
  return record.champion === version ? 1 - canary : 0;
}
