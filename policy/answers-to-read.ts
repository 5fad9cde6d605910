import type { ReleasePolicy } from '../contracts/release-policy.ts';
import { asksLiveLabels } from './live-accuracy.ts';

/** What a look must read of the answers beside their labels: it costs time, so that only what the policy judges is read. */
export const answersToRead = (policy: ReleasePolicy): { scores: boolean; liveLabels: boolean } => ({
  scores: policy.guards.maxScoreShift !== null || policy.promotion.metrics.scoreShift !== null,
  liveLabels: asksLiveLabels(policy),
});
