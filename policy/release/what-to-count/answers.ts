import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { ValueRange } from '../../../contracts/evidence/values.ts';
import { asksLiveLabels } from '../guards/live-accuracy.ts';
import { judgedValues } from '../guards/value.ts';

export interface AnswersToRead {
  readonly scores: boolean;
  readonly scoreEvents?: { readonly from: number; readonly to: number };
  readonly liveLabels: boolean;
  readonly values?: ValueRange;
}

/** Without a band nothing lies in it. */
const bandOf = ({ scoreBand }: ReleasePolicy['guards']): { from: number; to: number } =>
  scoreBand === null ? { from: Infinity, to: -Infinity } : { from: scoreBand.from, to: scoreBand.to };

/** What a look must read of the answers beside their labels: it costs time, so that only what the policy judges is read. */
export function answersToRead(policy: ReleasePolicy): AnswersToRead {
  const values = judgedValues(policy);
  return {
    scores: policy.guards.maxScoreShift !== null || policy.promotion.metrics.scoreShift !== null,
    ...(policy.guards.scoreBand === null && policy.guards.outOfRangeRatio === null
      ? {}
      : { scoreEvents: bandOf(policy.guards) }),
    liveLabels: asksLiveLabels(policy),
    ...(values === null ? {} : { values }),
  };
}
