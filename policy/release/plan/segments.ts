import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { alphaOf, wholeTraffic } from '../alpha-budget.ts';
import { guardBudget } from '../guards-in-force.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { describeGuard, type GuardPlan } from './guard.ts';
import { settingOf } from './release.ts';
import type { DeclaredTraffic, PlanOptions } from './setting.ts';
import { segmentWeights } from '../what-to-count/segments.ts';

/** What one guard sees of one segment. */
export interface SegmentPlan extends GuardPlan {
  /** `country=DE` */
  readonly segment: string;
  /** Share of the keys that are in it. */
  readonly share: number;
}

/** Releases simulated for all segments together, so that many segments take no longer than some. */
const repeatsOfAll = 600;
const leastRepeats = 25;

/**
 * What the guards that judge segments can see of each segment that the policy names, which has its share of the keys alone: a row for each segment and guard, as `planRelease` says them of all of the traffic. A segment is taken to fail, to be slow and to be
 * predicted as all of the traffic. Empty where the policy names no segment.
 */
export function planSegments(
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
  shares: Readonly<Record<string, number>>,
  options: Omit<PlanOptions, 'budget'> = {},
  guards: readonly GuardDefinition[] = allGuards,
): SegmentPlan[] {
  const budget = guardBudget(policy, 1, guards);
  const judging = guards.filter(({ testSegment }) => testSegment !== undefined);
  const segments = Object.keys(segmentWeights(policy)).filter((segment) => segment !== wholeTraffic);
  const { repeats: most = repeatsOfAll } = options;
  const rows = segments.length * judging.length;
  const repeats = Math.min(most, Math.max(leastRepeats, Math.round(repeatsOfAll / Math.max(1, rows))));
  return segments.flatMap((segment) => {
    const share = shares[segment] ?? 0;
    const setting = settingOf(
      policy,
      { ...traffic, keysPerHour: traffic.keysPerHour * share },
      { ...options, repeats },
      (guard) => alphaOf(budget, guard, segment),
    );
    return judging.flatMap(({ name, plan }): SegmentPlan[] => {
      const planned = plan?.(setting, name) ?? null;
      return planned === null ? [] : [{ segment, share, ...describeGuard(planned) }];
    });
  });
}
