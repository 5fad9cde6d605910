import {
  groupRates,
  scoreSteps,
  type GroupRate,
  type JudgedGroup,
  type JudgedGroups,
  type ObservedGroup,
  type ObservedGroups,
  type RateCounts,
} from '../../../contracts/evidence/groups.ts';
import { shownChange, shownLoss, type LossScale } from '../../../contracts/evidence/loss-scale.ts';
import type { FairnessGuard } from '../../../contracts/release/guards-policy.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import {
  groupContrasts,
  groupHarms,
  pairedDifference,
  type GroupDifference,
} from '../../../ml/sequential/group-contrast.ts';
import { percent, short } from '../../check.ts';
import { evidenceAgainst, missingForProof, type MissingLabels } from '../label-cohorts.ts';
import type { SeenRelease } from './guard.ts';

const rateWords: Readonly<Record<GroupRate, string>> = { tpr: 'TPR', fpr: 'FPR', error: 'error rate' };

/** What a rate is called; of numbers it is a loss. */
export const rateName = (rate: GroupRate, scale?: LossScale): string =>
  scale === undefined ? rateWords[rate] : shownLoss(scale).words;

/** A change of a rate for a sentence: in percent, or in the unit of the loss. */
export function rateChange(change: number, scale?: LossScale): string {
  if (scale === undefined) return percent(change);
  return short(shownChange(shownLoss(scale), change));
}

/** Observed groups where there are none. */
export const noGroups: ObservedGroups = { groups: [], leftOut: 0, unread: [] };

/** Tests that a guard of groups shares its alpha among, fixed before the first key came. */
export const groupTests = (guard: FairnessGuard): number => guard.maxGroups * ratesOf(guard).length;

/** In one order, each once; all where the policy names none, which is one of two labels. */
export const ratesOf = ({ rates }: FairnessGuard): GroupRate[] =>
  groupRates.filter((rate) => rates?.includes(rate) ?? true);

/**
 * Each rate of each group, canary less champion on the same requests, in the order in which the groups came. `noHarm` looks at keys that
 * are old enough, with each missing label against the canary; of `harm` see `evidenceAgainst`. Dropped keys count as missing labels do, always, and so
 * do keys without a label that a version failed, as far as its loss does not say it: a request that fails may get no label for that.
 */
export function judgeGroups(
  { groups }: ObservedGroups,
  guard: FairnessGuard,
  policy: Pick<ReleasePolicy, 'labels'>,
): JudgedGroup[] {
  return groups
    .slice(0, guard.maxGroups)
    .flatMap((group) => ratesOf(guard).flatMap((rate) => judgeRate(group, rate, guard, policy) ?? []));
}

/** Null where the task does not have the rate. */
function judgeRate(
  group: ObservedGroup,
  rate: GroupRate,
  { maxGroupLoss, minGroupKeys }: FairnessGuard,
  policy: Pick<ReleasePolicy, 'labels'>,
): JudgedGroup | null {
  const counts = group.all[rate];
  if (counts === undefined) return null;
  const { labels } = counts;
  const good = rate === 'tpr' ? 'high' : 'low';
  const evidence = (side: 'harm' | 'noHarm', of: 'all' | 'mature', labelless: MissingLabels): number => {
    const known = differenceOf(group, rate, of);
    if (known === null) return 1;
    const { missing, dropped, failed = { champion: 0, canary: 0 } } = group[of];
    // What a version lost that failed is known, so at best for the other hypothesis the other version lost as much.
    const [least, most] = side === 'harm' ? [failed.canary, failed.champion] : [failed.champion, failed.canary];
    const absent = [
      { value: 0, count: least },
      {
        value: (good === 'high') === (side === 'harm') ? 1 : -1,
        count: most + dropped + (labelless === 'out' ? 0 : missing),
      },
    ];
    const [judged] = groupHarms([{ ...known, counts: [...known.counts, ...absent] }], maxGroupLoss, good, minGroupKeys);
    return judged?.[side] ?? 1;
  };
  const cohorts = { all: 'all', mature: 'mature' } as const;
  return {
    attribute: group.attribute,
    group: group.group,
    rate,
    size: labels,
    certainty: labels < minGroupKeys ? 'inconclusive' : 'conclusive',
    difference: labels === 0 ? null : changeOf(counts, good) / labels,
    harm: evidenceAgainst(policy, cohorts, (of, labelless) => evidence('harm', of, labelless)),
    noHarm: evidence('noHarm', 'mature', missingForProof(policy)),
  };
}

/** Of the rate itself, times the labels. */
function changeOf({ worse, better, losses }: RateCounts, good: 'high' | 'low'): number {
  if (losses !== undefined) return losses.canary - losses.champion;
  return good === 'high' ? better - worse : worse - better;
}

/** As `judgeGroups`, as the policy asks; empty where it judges none. */
export function judgedGroups(
  { judged, groups = noGroups }: SeenRelease,
  policy: ReleasePolicy,
): readonly JudgedGroup[] {
  const { fairness } = policy.guards;
  return judged ?? (fairness === null ? [] : judgeGroups(groups, fairness, policy));
}

/**
 * Contrasts of all pairs of groups of one attribute that are large enough. Each has alpha over the pairs that `maxGroups` groups and
 * the rates can make, so that they hold together whichever groups come.
 */
export function contrastsOf(
  { groups }: ObservedGroups,
  guard: FairnessGuard,
  alpha: number,
): JudgedGroups['contrasts'] {
  const { maxGroups, minGroupKeys } = guard;
  const rates = ratesOf(guard);
  const alphaEach = alpha / (pairsOf(maxGroups) * rates.length);
  const known = groups.slice(0, maxGroups);
  return [...new Set(known.map(({ attribute }) => attribute))].flatMap((attribute) => {
    const leftOutOf = (name: string): number => unknownKeys(known, attribute, name);
    return rates.flatMap((rate) => {
      const large = known
        .filter((group) => group.attribute === attribute && (group.all[rate]?.labels ?? 0) >= minGroupKeys)
        .flatMap((group) => differenceOf(group, rate, 'all') ?? []);
      return groupContrasts(large, alphaEach * pairsOf(large.length), minGroupKeys).map(
        ({ group, against, estimate, lower, upper }) => ({
          attribute,
          rate,
          group,
          against,
          leftOut: leftOutOf(group) + leftOutOf(against),
          estimate,
          lower,
          upper,
        }),
      );
    });
  });
}

/** Keys of a group whose change is not known. */
function unknownKeys(groups: readonly ObservedGroup[], attribute: string, name: string): number {
  const found = groups.find((group) => group.attribute === attribute && group.group === name);
  if (found === undefined) return 0;
  const { missing, dropped, failed = { champion: 0, canary: 0 } } = found.all;
  return missing + dropped + failed.champion + failed.canary;
}

const pairsOf = (groups: number): number => (groups * (groups - 1)) / 2;

/**
 * Of the rate itself: a key on which only the canary did well raises the TPR by 1, and lowers the others. Null where the task does not have the
 * rate.
 */
function differenceOf(group: ObservedGroup, rate: GroupRate, of: 'all' | 'mature'): GroupDifference | null {
  const known = group[of][rate];
  if (known === undefined) return null;
  const { labels, worse, better, losses } = known;
  const counts = rate === 'tpr' ? { labels, worse, better } : { labels, worse: better, better: worse };
  const { differences } = losses ?? {};
  const stepped = differences === undefined ? counts : { ...counts, differences, steps: scoreSteps };
  return { group: group.group, ...pairedDifference(stepped) };
}
