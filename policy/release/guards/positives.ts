import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { threeDigits } from '../../three-digits.ts';
import type { HarmToFind } from '../backtest/incident.ts';
import { onRamp } from '../plan/event-plans.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import { eventDocs, eventTest, hasTwoLabels, otherLabels } from './events.ts';
import type { GuardDefinition, GuardTest } from './guard.ts';
import type { SeenEvents } from './metric-source.ts';

const test = (seen: SeenEvents, { guards }: ReleasePolicy): GuardTest =>
  eventTest(seen, 'positive', 'a positive prediction', guards.predictionRatio);

/** More positive predictions. */
export const positives: GuardDefinition = {
  name: 'positives',
  harm: 'positive predictions are too frequent',
  defaultWeight: 0.05,
  inForce: hasTwoLabels,
  remedy: otherLabels,
  metric: 'positive',
  test,
  testSegment: test,
  plan: onRamp(
    ({ positiveRate }) => positiveRate,
    ({ predictionRatio }) => predictionRatio,
  ),
  numbers: (policy, { positiveRate: from }) =>
    hasTwoLabels(policy) ? [{ name: 'positive', value: `${threeDigits(100 * from.value)} %`, from }] : [],
  incidents: (_, traffic) => [rarer(traffic)],
  docs: eventDocs,
};

const mostRate = 0.95;

/** The rarer label is predicted three times as often, up to nearly always. */
function rarer({ positiveRate }: DeclaredTraffic): HarmToFind {
  const rate = Math.min(mostRate, 3 * Math.min(positiveRate, 1 - positiveRate));
  return {
    name: 'rarer prediction x 3',
    harm: { positiveRate: positiveRate <= 0.5 ? rate : 1 - rate },
    why: positiveRate === 0 || positiveRate === 1 ? 'all predictions are alike at this traffic' : null,
  };
}
