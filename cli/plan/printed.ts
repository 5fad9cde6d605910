import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { type SourcedSegments } from '../../policy/release/plan/declare-segments.ts';
import { type SourcedTraffic } from '../../policy/release/plan/choose-traffic.ts';
import type { GuardPlan } from '../../policy/release/plan/guard.ts';
import { type PromotionPlan } from '../../policy/release/plan/promotion.ts';
import { type SegmentPlan } from '../../policy/release/plan/segments.ts';

export interface PrintedPlan {
  readonly model: string;
  readonly version: number | null;
  readonly policy: ReleasePolicy;
  readonly traffic: SourcedTraffic;
  readonly guards: readonly GuardPlan[];
  /** What guards by segment see of its keys alone. */
  readonly segments: readonly SegmentPlan[];
  readonly segmentShares: SourcedSegments;
  readonly promotion: PromotionPlan | null;
  /** Of answers that are neither right nor wrong: what a loss of accuracy is of them. */
  readonly accuracyIs?: string;
}
