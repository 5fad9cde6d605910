import { scoreSteps } from '../../../contracts/evidence/groups.ts';
import type { Guard, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { GuardName, ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { disagreementEvidence, steppedShiftEvidence } from '../../../ml/sequential/agreement.ts';
import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { percent } from '../../check.ts';
import { groupTests, judgeGroups, rateWords } from './fairness.ts';

/** Makes a guard with its part of alpha; one that is not `grave` does not convict. */
export type MakeGuard = (name: GuardName, eValue: number, estimand: string, grave?: boolean) => Guard;

/** Whether the two versions say the same to the same requests; no true label is needed. */
export function twinGuards({ agreement }: ReleaseObservation, { guards }: ReleasePolicy, make: MakeGuard): Guard[] {
  const { minAgreement, maxScoreShift } = guards;
  const none = { pairs: 0, disagree: 0, missing: 0, scores: null };
  const seen = agreement ?? none;
  const scores = seen.scores ?? { differences: [], missing: 0 };
  return [
    ...(minAgreement === null
      ? []
      : [
          make(
            'agreement',
            disagreementEvidence(seen, 1 - minAgreement),
            `share of mirrored keys with the same label of both is at least ${percent(minAgreement)}`,
          ),
        ]),
    ...(maxScoreShift === null
      ? []
      : [
          make(
            'scoreShift',
            steppedShiftEvidence({ ...scores, steps: scoreSteps }, maxScoreShift),
            `probability of the positive label is shifted by at most ${maxScoreShift} on average on mirrored keys`,
          ),
        ]),
  ];
}

/** Of first events per key, by the version that answered: probabilities where they are watched, and such as are none. */
export function scoreGuards(
  { scoreEvents }: ReleaseObservation,
  { guards: { scoreBand, outOfRangeRatio } }: ReleasePolicy,
  make: MakeGuard,
): Guard[] {
  return [
    ...(scoreBand === null
      ? []
      : [
          make(
            'scoreBand',
            eventRateEvidence(scoreEvents?.inBand ?? [], scoreBand.ratio),
            `rate of keys with a probability from ${scoreBand.from} to ${scoreBand.to} is at most ${scoreBand.ratio} times the champion's`,
          ),
        ]),
    ...(outOfRangeRatio === null
      ? []
      : [
          make(
            'outOfRange',
            eventRateEvidence(scoreEvents?.outOfRange ?? [], outOfRangeRatio),
            `rate of keys with an answer without a probability in [0, 1] is at most ${outOfRangeRatio} times the champion's`,
          ),
        ]),
  ];
}

/** One guard for all groups and rates: the greatest evidence against one of them, over as many tests as there may be. */
export function groupGuards({ groups }: ReleaseObservation, policy: ReleasePolicy, make: MakeGuard): Guard[] {
  const { fairness } = policy.guards;
  if (fairness === null) return [];
  const judged = groups === undefined ? [] : judgeGroups(groups, fairness, policy);
  const large = judged.filter(({ standing }) => standing === 'conclusive');
  const most = large.reduce((greatest, { harm }) => Math.max(greatest, harm), large.length === 0 ? 1 : 0);
  const rates = [...new Set(fairness.rates)].map((rate) => rateWords[rate]).join(', ');
  return [
    make(
      'fairness',
      most / groupTests(fairness),
      `no group is worse off by more than ${percent(fairness.maxGroupLoss)} in ${rates} on mirrored requests`,
    ),
  ];
}
