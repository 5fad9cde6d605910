import type { Guard } from '../../contracts/evidence/release.ts';
import type { GuardName } from '../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../contracts/release/release-policy.ts';
import { alphaOf } from './alpha-budget.ts';
import { guardBudget, guardRuleOf } from './guards-in-force.ts';
import { segmentsIn } from './guards/events.ts';
import type { GuardDefinition, GuardTest, SeenRelease } from './guards/guard.ts';
import { hotfixEvents, hotfixSegment } from './guards/hotfix.ts';
import { allGuards } from './guards/index.ts';
import type { AnalysisPhase } from './plan/setting.ts';

/** What of a release decides which guards test, and with which alpha. */
export interface GuardMoment {
  readonly phase: AnalysisPhase;
  /** Which try of the same candidate this is, from 1. */
  readonly retry: number;
  /** Released while the champion is broken: nothing is compared with it. */
  readonly hotfix: boolean;
}

/**
 * The sequential tests of an analysis. Each is an e-process, so that looking often costs nothing; together with the gateways' own they
 * roll back a harmless candidate with a chance of at most `policy.alpha`, over all its retries (union bound: `guardBudget`).
 */
export function guardsOf(
  seen: SeenRelease,
  policy: ReleasePolicy,
  moment: GuardMoment,
  guards: readonly GuardDefinition[] = allGuards,
): Guard[] {
  const budget = guardBudget(policy, moment.retry, guards);
  const inForce = guards.filter((guard) => guard.inForce(policy));
  const result = ({ name }: GuardDefinition, found: GuardTest | undefined, segment?: string): Guard[] =>
    found === undefined
      ? []
      : [outcomeOf(name, found, alphaOf(budget, name, segment), guardRuleOf(policy, name).action, segment)];
  const segments = segmentsIn(seen, policy);
  if (moment.hotfix)
    return [
      ...inForce.flatMap((guard) => result(guard, guard.testHotfix?.(hotfixEvents(seen), policy))),
      ...segments.flatMap((one) =>
        inForce.flatMap((guard) => result(guard, guard.testHotfix?.(hotfixSegment(one), policy), one.segment)),
      ),
    ];
  const whole = guards.flatMap((guard): Guard[] => {
    const { name, test } = guard;
    if (guard.inBake === true && moment.phase !== 'bake') return [];
    if (guard.inForce(policy)) return result(guard, test(seen, policy, alphaOf(budget, name)));
    if (guard.onlyWarns?.(policy) !== true) return [];
    return [outcomeOf(name, test(seen, policy, policy.alpha), policy.alpha, 'warn')];
  });
  const ofSegments = segments.flatMap((one) =>
    inForce.flatMap((guard) => result(guard, guard.testSegment?.(one, policy), one.segment)),
  );
  return whole.toSpliced(1 + whole.findIndex(({ name }) => name === lastBeforeSegments), 0, ...ofSegments);
}

/** After the guard of this name an analysis lists the tests of segments. */
const lastBeforeSegments: GuardName = 'sampleRatio';

/** Without alpha, and on what is not grave, it does not fire. */
function outcomeOf(
  name: GuardName,
  { eValue, estimand, isGrave = true }: GuardTest,
  alpha: number,
  action: Guard['action'],
  segment?: string,
): Guard {
  return {
    name,
    ...(segment === undefined ? {} : { segment }),
    eValue,
    alpha,
    fired: alpha > 0 && isGrave && eValue >= 1 / alpha,
    action,
    estimand: segment === undefined ? estimand : `${estimand}, where ${segment}`,
  };
}
