import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { onRamp } from '../plan/event-plans.ts';
import { eventDocs, eventTest, hasTwoLabels, otherLabels } from './events.ts';
import type { GuardDefinition, GuardTest } from './guard.ts';
import type { SeenEvents } from './metric-source.ts';

const test = (seen: SeenEvents, { guards }: ReleasePolicy): GuardTest =>
  eventTest(seen, 'negative', 'a negative prediction', guards.predictionRatio);

/** More negative predictions; the incident of `positives` is theirs too. */
export const negatives: GuardDefinition = {
  name: 'negatives',
  harm: 'negative predictions are too frequent',
  defaultWeight: 0.05,
  inForce: hasTwoLabels,
  remedy: otherLabels,
  metric: 'negative',
  test,
  testSegment: test,
  plan: onRamp(
    ({ positiveRate }) => 1 - positiveRate,
    ({ predictionRatio }) => predictionRatio,
  ),
  docs: eventDocs,
};
