import type { Deployment } from '../contracts/deployment.ts';

export type Standing = 'champion' | 'canary' | 'shadow' | 'previous' | 'registered';

/** What a version is to the deployment record. During a canary the shadow mirrors both ways: then `canary` says more. */
export function statusOf(record: Deployment | null, version: number): Standing {
  if (record === null) return 'registered';
  if (record.champion === version) return 'champion';
  if (record.canary?.version === version) return 'canary';
  if (record.shadow?.version === version) return 'shadow';
  return record.previous === version ? 'previous' : 'registered';
}

/** Share of traffic that the version answers, 0 to 1. */
export function shareOf(record: Deployment | null, version: number): number {
  if (record === null) return 0;
  const canary = record.canary?.share ?? 0;
  if (record.canary?.version === version) return canary;
  return record.champion === version ? 1 - canary : 0;
}
