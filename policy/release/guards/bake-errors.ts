import type { ReleaseObservation } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { rateEvidence } from '../../../ml/sequential/event-rate.ts';
import { clopperPearsonInterval } from '../../../ml/statistics/proportion.ts';
import { onBake } from '../plan/event-plans.ts';
import { bakes } from '../plan/setting.ts';
import { bakeDocs, bakeTest } from './bake-events.ts';
import type { GuardDefinition, GuardTest } from './guard.ts';

const planned = onBake(
  ({ errorRate }) => errorRate,
  ({ errorRatio }) => errorRatio,
);

/**
 * Errors of the version that was promoted. Without a holdback it is compared with the past, which no alpha makes a guarantee of: only who
 * asks by a rule has it fire.
 */
export const bakeErrors: GuardDefinition = {
  name: 'bakeErrors',
  harm: 'errors are too frequent in the bake',
  defaultWeight: 0.05,
  inForce: ({ guards, holdback }) => holdback > 0 || guards.rules.bakeErrors !== undefined,
  onlyWarns: ({ guards, holdback }) => holdback === 0 && guards.rules.bakeErrors === undefined,
  inBake: true,
  metric: 'error',
  test: (seen, policy, alpha) =>
    policy.holdback === 0
      ? againstPast(seen, policy, alpha)
      : bakeTest(seen, 'error', 'an error', policy.guards.errorRatio),
  // A comparison with the past is not simulated.
  plan: (setting, guard) => (setting.asked.holdback === 0 && bakes(setting.policy) ? null : planned(setting, guard)),
  docs: bakeDocs,
};

/**
 * Without a holdback there is no other arm beside: the version's errors are held against the upper bound of what the old champion's rate
 * was. What changed meanwhile for any version counts as harm. The bound may fail with half of the alpha, the test with the other half.
 */
function againstPast({ arms }: ReleaseObservation, { guards }: ReleasePolicy, alpha: number): GuardTest {
  const { champion, canary } = arms;
  const limit = guards.errorRatio * clopperPearsonInterval(champion.errors, champion.requests, alpha).upper;
  return {
    eValue: rateEvidence(canary.errors, canary.requests, limit) / 2,
    estimand: `rate of errors is at most ${guards.errorRatio} times the upper bound of what the champion's was before the bake, compared with its past as nothing is held back`,
  };
}
