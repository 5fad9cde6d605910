import { hourMs } from '../../../contracts/duration.ts';
import type { GroupRate } from '../../../contracts/evidence/groups.ts';
import type { FairnessGuard } from '../../../contracts/release/guards-policy.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import { groupLossQuestion, planGroupProof } from '../../../ml/power/outcomes.ts';
import { percent } from '../../check.ts';
import { threeDigits } from '../../three-digits.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import { groupPromotionChecks, unjudgedGroups, worstGroup } from '../checks/groups.ts';
import { planMirrored } from '../plan/mirrored.ts';
import type { PlannedGuard } from '../plan/guard.ts';
import { delayOf, labelPart, noLabels, unproven, type MetricSetting, type PlanPart } from '../plan/metric-plan.ts';
import { nothingMirrored, type DeclaredTraffic, type Setting } from '../plan/setting.ts';
import { judgedKeys, labelTraffic, soonest, unitsOf, type JudgedKeys } from '../plan/unlabelled.ts';
import { groupTests, judgedGroups, noGroups, rateChange, rateName, ratesOf } from './groups.ts';
import type { GuardDefinition } from './guard.ts';

/** One guard for all groups and rates: the greatest evidence against one of them, over as many tests as there may be. */
export const fairness: GuardDefinition = {
  name: 'fairness',
  harm: 'a group is worse off than with the champion',
  defaultWeight: 0.2,
  inForce: ({ guards }) => guards.fairness !== null,
  counts: ({ guards }) => (guards.fairness === null ? {} : { groups: { most: guards.fairness.maxGroups } }),
  test: (seen, policy) => {
    const asked = askedOf(policy.guards);
    const large = judgedGroups(seen, policy).filter(({ certainty }) => certainty === 'conclusive');
    const most = large.reduce((greatest, { harm }) => Math.max(greatest, harm), large.length === 0 ? 1 : 0);
    const { scale } = seen.groups ?? noGroups;
    const rates = ratesOf(asked).map((rate) => rateName(rate, scale));
    return {
      eValue: most / groupTests(asked),
      estimand: `no group is worse off by more than ${rateChange(asked.maxGroupLoss, scale)} in ${rates.join(', ')} on mirrored requests`,
    };
  },
  describe: (seen, policy) => worstGroup(judgedGroups(seen, policy), seen.groups?.scale),
  unjudged: (seen, policy) => unjudgedGroups(seen.groups ?? noGroups, judgedGroups(seen, policy)),
  enough: (seen, policy, { alpha, undeclared, missing }) => {
    const asked = policy.guards.fairness;
    if (asked === null) return [];
    const judged = judgedGroups(seen, policy);
    return groupPromotionChecks(seen.groups ?? noGroups, judged, { fairness: asked, alpha, undeclared }, missing);
  },
  proof: ({ guards }) => {
    const asked = guards.fairness;
    return asked?.promote === true ? { plan: (setting) => planProof(setting, asked) } : null;
  },
  needsLabels: true,
  plan: (setting, guard) =>
    soonest(judgedKeys(setting.policy, labelTraffic(setting.traffic)).map((keys) => planBy(keys, setting, guard))),
  numbers: ({ guards }, { groupShare: from }) =>
    guards.fairness === null ? [] : [{ name: 'group', value: `${threeDigits(100 * from.value)} %`, from }],
  unsimulated: { incident: 'harm to one group', why: 'no groups are simulated' },
  docs: {
    setting: 'fairness: { maxGroupLoss: 0.05 }',
    evidence: 'first mirrored request of a key, with its label, by group',
    hypothesis:
      '"no group loses more than `maxGroupLoss` of a rate of the task", a betting e-process for each group and rate',
  },
};

function askedOf({ fairness: asked }: { readonly fairness: FairnessGuard | null }): FairnessGuard {
  if (asked === null) throw new RangeError('no group is judged by a policy without guards.fairness');
  return asked;
}

/** What one group loses of the policy's rate with the fewest labels. Others that lose less or nothing add no evidence to it. */
function planBy(keys: JudgedKeys, setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic } = setting;
  const judged = askedOf(policy.guards);
  const { maxGroupLoss: limit, minGroupKeys: minimum } = judged;
  const { rate, share } = scarcestRate(judged, traffic);
  const { discordantShare, groupShare } = traffic;
  const { labelled, delayHours } = keys;
  const { sample } = policy.shadow;
  // Of a group's keys, those whose label says something of the rate, and those without one, which count for each rate.
  const counted = 1 - labelled + labelled * share;
  return planMirrored(setting, guard, {
    kind: 'groupLoss',
    of: `in the ${plannedRates[rate]} of a group with ${percent(groupShare)} of the keys`,
    limit,
    value: Math.min(1, limit + asked.groupLoss),
    share: labelled === 0 ? 0 : (groupShare * counted) / labelled,
    unit: 'labels',
    unitsPerHour: keys.unitsPerHour * labelled * sample,
    delayHours,
    question: (within) =>
      groupLossQuestion({
        ...within,
        limit,
        discordantShare,
        tests: groupTests(judged),
        minimum,
        missing: counted === 0 ? 0 : (1 - labelled) / counted,
        young: groupShare * keys.young * sample,
      }),
  });
}

/** In a plan, which does not tell classes from numbers: a group loses accuracy as its error rate, or its mean loss, grows. */
const plannedRates: Readonly<Record<GroupRate, string>> = { tpr: 'TPR', fpr: 'FPR', error: 'accuracy' };

/** The policy's rate with the fewest labels, and their share of the labels. */
function scarcestRate(
  judged: FairnessGuard,
  { positiveRate }: DeclaredTraffic,
): { readonly rate: GroupRate; readonly share: number } {
  const shares: Readonly<Record<GroupRate, number>> = { tpr: positiveRate, fpr: 1 - positiveRate, error: 1 };
  const [scarcest] = ratesOf(judged).toSorted((a, b) => shares[a] - shares[b]);
  const rate = scarcest ?? 'error';
  return { rate, share: shares[rate] };
}

/** The smallest group by the rate with the fewest labels: greater groups are proven sooner. */
function planProof({ policy, traffic, simulation }: MetricSetting, asked: FairnessGuard): PlanPart {
  const { maxGroupLoss: limit, minGroupKeys: minimum } = asked;
  const { rate, share } = scarcestRate(asked, traffic);
  const harm = `a loss of ${percent(limit)} in the ${plannedRates[rate]} of a group with ${percent(traffic.groupShare)} of the keys`;
  const effect = { kind: 'groupLoss', value: limit } as const;
  if (policy.shadow.sample === 0) return unproven(harm, effect, nothingMirrored);
  const { labelled, unitsPerHour: all } = unitsOf(policy, labelTraffic(traffic));
  const unitsPerHour = all * policy.shadow.sample;
  const delay = delayOf(policy, traffic);
  // Of a group's keys, those whose label says something of the rate, and those whose label is missing, which count for each rate.
  const counted = 1 - labelled + labelled * share;
  const ofAll = traffic.groupShare * counted;
  const crossing = planGroupProof({
    ...simulation,
    alpha: promotionAlpha(policy),
    within: Math.floor(unitsPerHour * ofAll * Math.max(0, policy.deadline / hourMs - delay)),
    limit,
    minimum,
    missing: counted === 0 ? 0 : (1 - labelled) / counted,
    discordantShare: traffic.discordantShare,
  });
  const keys = (count: number | null): number | null => (count === null || ofAll === 0 ? null : count / ofAll);
  const units: Crossing = { ...crossing, median: keys(crossing.median), p95: keys(crossing.p95) };
  const gathering = { labelled, unitsPerHour, minLabels: 0, delay, from: 0 };
  return { ...labelPart(units, gathering), harm, effect, never: noLabels(labelled, unitsPerHour, crossing) };
}
