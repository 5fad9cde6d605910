import type { MakeGuard } from './guard.ts';
import { scoreSteps } from '../../../contracts/evidence/groups.ts';
import type { Guard, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { disagreementEvidence, steppedShiftEvidence } from '../../../ml/sequential/agreement.ts';
import { percent } from '../../check.ts';

/** Whether the two versions say the same to the same requests; no true label is needed. */
export function twinGuards({ agreement }: ReleaseObservation, { guards }: ReleasePolicy, make: MakeGuard): Guard[] {
  const { minAgreement, maxScoreShift } = guards;
  const scores = agreement.scores ?? { differences: [], missing: 0 };
  return [
    ...(minAgreement === null
      ? []
      : [
          make(
            'agreement',
            disagreementEvidence(agreement, 1 - minAgreement),
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
