import { onMirrored } from '../plan/event-plans.ts';
import { leastSlowShare } from './events.ts';
import { always, type GuardDefinition } from './guard.ts';
import { mirroredDocs, mirroredEvidence } from './mirrored-events.ts';

/** Mirrored requests that are answered late. */
export const mirroredSlow: GuardDefinition = {
  name: 'mirroredSlow',
  harm: 'slow answers are too frequent on mirrored requests',
  defaultWeight: 0.05,
  inForce: always,
  test: ({ mirroredKeys }, { guards }) => ({
    eValue: mirroredEvidence(mirroredKeys.slow, guards.slowRatio),
    estimand: `rate of keys with a mirrored request slower than ${guards.slowMs} ms is at most ${guards.slowRatio} times the champion's on the same`,
    isGrave: mirroredKeys.slow.canary > leastSlowShare * mirroredKeys.keys,
  }),
  plan: onMirrored(
    ({ slowRate }) => slowRate,
    ({ slowRatio }) => slowRatio,
    leastSlowShare,
  ),
  docs: mirroredDocs,
};
