import { eventRateEvidence } from '../../../ml/sequential/event-rate.ts';
import { threeDigits } from '../../three-digits.ts';
import { whySplitless } from '../backtest/phases.ts';
import { bandRate } from '../backtest/score-stream.ts';
import { onRamp } from '../plan/event-plans.ts';
import type { GuardDefinition } from './guard.ts';

const mostRate = 0.95;

/** More answers with a probability in a band, where the model is unsure or where a decision turns. */
export const scoreBand: GuardDefinition = {
  name: 'scoreBand',
  harm: 'unsure answers are too frequent',
  defaultWeight: 0.05,
  inForce: ({ guards }) => guards.scoreBand !== null,
  counts: ({ guards: { scoreBand: band } }) => (band === null ? {} : { band: { from: band.from, to: band.to } }),
  test: ({ scoreEvents }, { guards: { scoreBand: band } }) => {
    if (band === null) throw new RangeError('no band is judged by a policy without guards.scoreBand');
    const { from, to, ratio } = band;
    return {
      eValue: eventRateEvidence(scoreEvents?.inBand ?? [], ratio),
      estimand: `rate of keys with a probability from ${from} to ${to} is at most ${ratio} times the champion's`,
    };
  },
  plan: onRamp(
    (traffic) => traffic.bandRate,
    (limits) => limits.scoreBand?.ratio ?? 1,
  ),
  numbers: ({ guards: { scoreBand: band } }, traffic) =>
    band === null
      ? []
      : [
          {
            name: `probability ${band.from} to ${band.to}`,
            value: `${threeDigits(100 * traffic.bandRate.value)} %`,
            from: traffic.bandRate,
          },
        ],
  incidents: (policy) => {
    const rate = bandRate(policy);
    const isFixed = rate === 0 || rate >= mostRate;
    return [
      {
        name: 'probabilities in the band x 3',
        harm: { bandRate: Math.min(mostRate, 3 * rate) },
        why: whySplitless(policy) ?? (isFixed ? 'no, or nearly all, probabilities are in the band' : null),
      },
    ];
  },
  docs: {
    setting: 'scoreBand: { from: 0.4, to: 0.6, ratio: 1.5 }',
    evidence: 'first answer of a key with a probability in the band, by arm',
    hypothesis: 'as `errors`',
  },
};
