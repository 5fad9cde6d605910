import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { threeDigits } from '../../three-digits.ts';
import { whySplitless } from '../backtest/phases.ts';
import { onRamp } from '../plan/event-plans.ts';
import type { GuardDefinition } from './guard.ts';

/** Answers whose probability is none. */
export const outOfRange: GuardDefinition = {
  name: 'outOfRange',
  harm: 'answers without a valid probability are too frequent',
  defaultWeight: 0.05,
  inForce: ({ guards }) => guards.outOfRangeRatio !== null,
  counts: ({ guards }) => (guards.outOfRangeRatio === null ? {} : { outOfRange: true }),
  test: ({ scoreEvents }, { guards: { outOfRangeRatio: ratio } }) => {
    if (ratio === null) throw new RangeError('no probability is judged by a policy without guards.outOfRangeRatio');
    return {
      eValue: eventRateEvidence(scoreEvents?.outOfRange ?? [], ratio),
      estimand: `rate of keys with an answer without a probability in [0, 1] is at most ${ratio} times the champion's`,
    };
  },
  plan: onRamp(
    (traffic) => traffic.outOfRangeRate,
    (limits) => limits.outOfRangeRatio ?? 1,
  ),
  numbers: ({ guards }, { outOfRangeRate: from }) =>
    guards.outOfRangeRatio === null
      ? []
      : [{ name: 'probability out of range', value: `${threeDigits(100 * from.value)} %`, from }],
  incidents: (policy) => [
    {
      name: 'no probability in 2 % of the answers',
      harm: { noProbability: 0.02 },
      why: whySplitless(policy),
    },
  ],
  docs: {
    setting: 'outOfRangeRatio: 1.5',
    evidence: 'first answer of a key whose probability is absent, not finite or outside [0, 1], by arm',
    hypothesis: 'as `errors`',
  },
};
