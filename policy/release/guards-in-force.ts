import { guardNames, type GuardName, type GuardRule } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { splitAlpha, type AlphaBudget } from './alpha-budget.ts';
import type { GuardDefinition } from './guards/guard.ts';
import { allGuards } from './guards/index.ts';
import { segmentWeights } from './what-to-count/segments.ts';

/** Guards that have a part of alpha, in the order of the policy's vocabulary: in that order weights are added. */
export function definitionsInForce(
  policy: ReleasePolicy,
  guards: readonly GuardDefinition[] = allGuards,
): GuardDefinition[] {
  const placeOf = ({ name }: GuardDefinition): number => {
    const place = guardNames.indexOf(name);
    return place < 0 ? guardNames.length : place;
  };
  return guards.filter(({ inForce }) => inForce(policy)).toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Their names. */
export const guardsInForce = (policy: ReleasePolicy, guards: readonly GuardDefinition[] = allGuards): GuardName[] =>
  definitionsInForce(policy, guards).map(({ name }) => name);

/** How a release's alpha is shared out among its guards in force, the gateways' own, and its retries. */
export function guardBudget(
  policy: ReleasePolicy,
  retry: number,
  guards: readonly GuardDefinition[] = allGuards,
): AlphaBudget {
  const inForce = definitionsInForce(policy, guards);
  const weights = Object.fromEntries(
    inForce.flatMap(({ name }) => {
      const weight = policy.guards.rules[name]?.weight;
      return weight === undefined ? [] : [[name, weight]];
    }),
  );
  return splitAlpha(
    {
      alpha: policy.alpha,
      guards: inForce.map(({ name }) => name),
      weights,
      segments: segmentWeights(policy),
      segmentGuards: inForce.flatMap(({ name, testSegment }) => (testSegment === undefined ? [] : [name])),
      gateways: policy.gatewayGuards,
      retry,
    },
    guards,
  );
}

export const guardRuleOf = (policy: ReleasePolicy, name: GuardName): GuardRule =>
  policy.guards.rules[name] ?? { action: 'rollback', missing: 'hold' };
