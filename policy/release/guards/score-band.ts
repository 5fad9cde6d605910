import type { MakeGuard } from './guard.ts';
import type { Guard, ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';

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
