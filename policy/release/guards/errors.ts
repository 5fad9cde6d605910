import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { backtestPhases } from '../backtest/phases.ts';
import type { HarmToFind } from '../backtest/incident.ts';
import { onRamp } from '../plan/event-plans.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import { eventProof } from './event-proof.ts';
import { eventDocs, eventTest } from './events.ts';
import { always, type GuardDefinition, type GuardTest } from './guard.ts';
import { limitTest } from './hotfix.ts';
import type { SeenEvents } from './metric-source.ts';

const test = (seen: SeenEvents, { guards }: ReleasePolicy): GuardTest =>
  eventTest(seen, 'error', 'an error', guards.errorRatio);

/** Live requests that fail. */
export const errors: GuardDefinition = {
  name: 'errors',
  harm: 'errors are too frequent',
  defaultWeight: 0.1,
  byGateways: true,
  inForce: always,
  metric: 'error',
  test,
  testSegment: test,
  testHotfix: (seen, { hotfix }) => limitTest(seen, 'error', 'an error', hotfix.maxErrorRate),
  proof: eventProof('errors', ({ errorRate }) => errorRate),
  plan: onRamp(
    ({ errorRate }) => errorRate,
    ({ errorRatio }) => errorRatio,
  ),
  incidents,
  docs: eventDocs,
};

function incidents(policy: ReleasePolicy, { errorRate }: DeclaredTraffic): HarmToFind[] {
  const phases = backtestPhases(policy);
  const made = (name: string, errorRatio: number, from = 0, missing = ''): HarmToFind => ({
    name,
    harm: { errorRatio },
    from,
    why: errorRate === 0 ? 'the champion has no errors at this traffic' : from < 0 ? missing : null,
  });
  const secondStep = phases.findIndex(({ kind, step }) => kind === 'canary' && step === 1);
  const bake = phases.findIndex(({ kind }) => kind === 'bake');
  return [
    made('errors x 2', 2),
    made('errors x 5', 5),
    made('errors x 5 from step 2 on', 5, secondStep, 'the mode has no second step'),
    made('errors x 5 from the bake on', 5, bake, 'the mode has no bake'),
  ];
}
