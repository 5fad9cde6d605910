import { onMirrored } from '../plan/event-plans.ts';
import { always, type GuardDefinition } from './guard.ts';
import { mirroredDocs, mirroredEvidence } from './mirrored-events.ts';

/** Mirrored requests that fail. */
export const mirroredErrors: GuardDefinition = {
  name: 'mirroredErrors',
  harm: 'errors are too frequent on mirrored requests',
  defaultWeight: 0.05,
  inForce: always,
  test: ({ mirroredKeys }, { guards }) => ({
    eValue: mirroredEvidence(mirroredKeys.errors, guards.errorRatio),
    estimand: `rate of keys with an error on a mirrored request is at most ${guards.errorRatio} times the champion's on the same`,
  }),
  plan: onMirrored(
    ({ errorRate }) => errorRate,
    ({ errorRatio }) => errorRatio,
  ),
  docs: mirroredDocs,
};
