import { onBake } from '../plan/event-plans.ts';
import { bakeDocs, bakeTest } from './bake-events.ts';
import { isOftenSlow, leastSlowShare } from './events.ts';
import type { GuardDefinition } from './guard.ts';

/** Late answers of the version that was promoted; a bake without a holdback knows none. */
export const bakeSlow: GuardDefinition = {
  name: 'bakeSlow',
  harm: 'slow answers are too frequent in the bake',
  defaultWeight: 0.05,
  inForce: ({ holdback }) => holdback > 0,
  remedy: (at) => `without a holdback it judges nothing: set ${at}holdback above 0`,
  inBake: true,
  metric: 'slow',
  test: (seen, { guards }) => ({
    ...bakeTest(seen, 'slow', `an answer slower than ${guards.slowMs} ms`, guards.slowRatio),
    isGrave: isOftenSlow(seen),
  }),
  plan: onBake(
    ({ slowRate }) => slowRate,
    ({ slowRatio }) => slowRatio,
    leastSlowShare,
  ),
  docs: bakeDocs,
};
