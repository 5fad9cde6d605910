import { arms, type Arm } from '../../../contracts/release/arm.ts';
import { totalOf, type PredictedKeys } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { eventRateTest } from '../../../ml/sequential/event-rate.ts';
import { percent } from '../../check.ts';
import { threeDigits } from '../../three-digits.ts';
import { whySplitless } from '../backtest/phases.ts';
import { onRamp } from '../plan/event-plans.ts';
import { noPredictions } from './events.ts';
import type { GuardDefinition } from './guard.ts';

const mostShare = 0.95;
const hasMix = ({ guards }: ReleasePolicy): boolean => guards.predictions === 'mix';

/**
 * More of one prediction, where labels are not two: of a label, or of a range of numbers. The null hypothesis is that no prediction has more than
 * `predictionRatio` times the champion's share. Each prediction has the e-process of `positives`, and the e-value is their mean: a mean of
 * e-processes against parts of a hypothesis, in the same stream of keys, is one against the whole of it (Vovk and Wang 2021). That they share a
 * stream is why each key counts once, by its first request.
 */
export const mix: GuardDefinition = {
  name: 'mix',
  harm: 'a prediction is too frequent',
  defaultWeight: 0.1,
  inForce: hasMix,
  remedy: (at, { guards }) =>
    guards.predictions === 'none'
      ? noPredictions(at)
      : `it judges more labels than two, and numbers: name positives and negatives in ${at}guards.rules`,
  counts: (policy) => (hasMix(policy) ? { mix: true } : {}),
  test: ({ mix: predicted = [] }, { guards: { predictionRatio } }) => {
    const eValues = eValuesOf(predicted, predictionRatio);
    return {
      eValue: eValues.length === 0 ? 1 : eValues.reduce((sum, value) => sum + value, 0) / eValues.length,
      estimand: `share of keys with any one prediction is at most ${predictionRatio} times the champion's`,
    };
  },
  describe: ({ mix: predicted = [] }, { guards: { predictionRatio } }) => describeMost(predicted, predictionRatio),
  plan: (setting, guard) => {
    const { predictionParts: parts, predictionShare } = setting.traffic;
    // The others add nothing below 0, so that one prediction fires the mean by an e-value of its own of parts / alpha.
    const alone = { ...setting, alpha: (name: string) => setting.alpha(name) / parts };
    const planned = onRamp(
      (traffic) => traffic.predictionShare,
      ({ predictionRatio }) => predictionRatio,
    )(alone, guard);
    if (planned === null) return null;
    const note = `asked about a prediction with ${percent(predictionShare)} of the champion's keys, one of ${parts}`;
    return { ...planned, alpha: setting.alpha(guard), note };
  },
  numbers: (policy, { predictionShare: from }) =>
    hasMix(policy) ? [{ name: 'prediction asked about', value: `${threeDigits(100 * from.value)} %`, from }] : [],
  incidents: (policy, { predictionShare }) => [
    {
      name: 'a prediction x 3',
      harm: { predictionShare: Math.min(mostShare, 3 * predictionShare) },
      why: whySplitless(policy) ?? (predictionShare >= mostShare ? 'nearly all predictions are alike' : null),
    },
  ],
  docs: {
    setting: 'predictions: mix',
    evidence: 'first live request of a key, by its label or the range of its number, by arm',
    hypothesis:
      '"no prediction has more than `predictionRatio` times the champion\'s share", the mean of binomial mixtures over the predictions',
  },
};

function eValuesOf(predicted: readonly PredictedKeys[], ratio: number): number[] {
  const test = eventRateTest(ratio);
  return predicted.map(({ events }) => test(events));
}

/** The prediction that most speaks against, with both shares. */
function describeMost(predicted: readonly PredictedKeys[], ratio: number): string {
  const eValues = eValuesOf(predicted, ratio);
  const most = predicted[eValues.indexOf(Math.max(...eValues))];
  const [champion, canary] = arms.map((arm) => predicted.reduce((sum, one) => sum + totalOf(one.events, arm), 0));
  if (most === undefined || champion === undefined || canary === undefined || champion + canary === 0)
    return 'no predictions so far';
  const said = (arm: Arm, keys: number): string =>
    `${keys === 0 ? 'none' : percent(totalOf(most.events, arm) / keys)} of the ${arm}'s ${keys} keys`;
  return `"${most.prediction}" for ${said('canary', canary)}, for ${said('champion', champion)}`;
}
