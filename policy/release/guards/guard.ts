import type { PromotionMetric } from '../../../contracts/release/promotion-policy.ts';
import type { Guard } from '../../../contracts/evidence/release.ts';
import type { GuardName } from '../../../contracts/release/release-policy.ts';

/** What speaks against the harm of one metric. */
export interface Proof {
  readonly metric: PromotionMetric;
  /** Value of an e-process; the harm is ruled out from 1 / `promotionAlpha` on. */
  readonly evidence: number;
  readonly harm: string;
  /** By what was counted, and what was seen, for a sentence. */
  readonly counted: string;
  readonly detail: string;
}

/** Loss that counts as harm: the margin beyond what the guard tolerates, at most 1. */
export const harmfulLoss = (tolerated: number | null, margin: number): number => Math.min(1, (tolerated ?? 0) + margin);

/** Makes a guard with its part of alpha; one that is not `grave` does not convict. */
export type MakeGuard = (name: GuardName, eValue: number, estimand: string, grave?: boolean) => Guard;
