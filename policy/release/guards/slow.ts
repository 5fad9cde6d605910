import type { ObservedSegment } from '../../../contracts/evidence/release.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { slowRatio } from '../../../ml/simulation/latency.ts';
import type { HarmToFind } from '../backtest/incident.ts';
import { onRamp } from '../plan/event-plans.ts';
import type { DeclaredTraffic } from '../plan/setting.ts';
import { eventProof } from './event-proof.ts';
import { eventDocs, eventTest, isOftenSlow, leastSlowShare } from './events.ts';
import { always, type GuardDefinition } from './guard.ts';
import { limitTest } from './hotfix.ts';
import type { SeenEvents } from './metric-source.ts';

const what = ({ guards }: ReleasePolicy): string => `an answer slower than ${guards.slowMs} ms`;
const test = (seen: SeenEvents, policy: ReleasePolicy) =>
  eventTest(seen, 'slow', what(policy), policy.guards.slowRatio);
const isSlowIn = ({ slow, requests }: ObservedSegment): boolean => slow.canary > leastSlowShare * requests.canary;

/** Live requests that are answered late. */
export const slow: GuardDefinition = {
  name: 'slow',
  harm: 'slow answers are too frequent',
  defaultWeight: 0.1,
  byGateways: true,
  inForce: always,
  metric: 'slow',
  test: (seen, policy) => ({ ...test(seen, policy), isGrave: isOftenSlow(seen) }),
  testSegment: (seen, policy) => ({ ...test({ events: seen.events }, policy), isGrave: isSlowIn(seen) }),
  testHotfix: (seen, policy) => limitTest(seen, 'slow', what(policy), policy.hotfix.maxSlowRate),
  proof: eventProof('slow', ({ slowRate }) => slowRate),
  plan: onRamp(
    ({ slowRate }) => slowRate,
    (limits) => limits.slowRatio,
    leastSlowShare,
  ),
  incidents: (_, traffic) => [1.5, 3].map((factor) => slower(factor, traffic)),
  docs: eventDocs,
};

/** Standard deviation of the logarithm of a latency, as in the release bench. */
const latencySpread = 0.5;

function slower(factor: number, { slowRate }: DeclaredTraffic): HarmToFind {
  const isHad = slowRate > 0 && slowRate < 1;
  return {
    name: `latency x ${factor}`,
    harm: { slowRatio: isHad ? slowRatio(factor, latencySpread, 1 - slowRate) : 1 },
    why: isHad ? null : "none, or all, of the champion's answers are slow at this traffic",
  };
}
