import type { FairnessGuard } from '../../../contracts/release/release-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import { planAgreementProof, planGroupProof, planStabilityProof } from '../../../ml/power/outcomes.ts';
import { percent, short } from '../../check.ts';
import { rateWords } from '../guards/fairness.ts';
import { scarcestRate, unanswered } from './answers.ts';
import { delayOf, keyPart, labelPart, noLabels, unproven } from './part.ts';
import type { MetricSetting, Part } from './part.ts';
import { labelTraffic, unitsOf } from './unlabelled.ts';
import { nothingMirrored } from './setting.ts';
import { promotionAlpha } from '../promotion.ts';
import { harmfulLoss } from '../guards/guard.ts';

/** Versions that are as good as each other differ on as many keys as they did side by side, or as is declared. */
export function planTwinsAgree(setting: MetricSetting, margin: number): Part {
  const { policy, traffic } = setting;
  const limit = harmfulLoss(1 - (policy.guards.minAgreement ?? 1), margin);
  const [missing, rate] = [unanswered(traffic.errorRate), traffic.discordantShare];
  return ofMirroredKeys(setting, (within) => planAgreementProof({ ...within, limit, missing, rate }), {
    harm: `other labels for ${percent(limit)} of the mirrored keys`,
    effect: { kind: 'disagreement', value: limit },
    never: `harmless versions give ${percent(rate + missing - rate * missing)} of the keys other labels, or one of them no answer`,
  });
}

/** Scores of versions that are as good as each other differ by the spread, and by 0 on average. */
export function planScoresStay(setting: MetricSetting, margin: number): Part {
  const { policy, traffic } = setting;
  const limit = harmfulLoss(policy.guards.maxScoreShift, margin);
  const [missing, spread] = [unanswered(traffic.errorRate), traffic.scoreSpread];
  return ofMirroredKeys(setting, (within) => planStabilityProof({ ...within, limit, missing, spread }), {
    harm: `a mean shift of the probability by ${short(limit)}`,
    effect: { kind: 'shift', value: limit },
    never: `keys that one version does not answer count as the strongest shift, and these are ${percent(missing)}`,
  });
}

/** The smallest group by the rate with the fewest labels: greater groups are proven sooner. */
export function planGroupsNotWorse({ policy, traffic, simulation }: MetricSetting, fairness: FairnessGuard): Part {
  const { maxGroupLoss: limit, minGroupKeys: minimum } = fairness;
  const { rate, share } = scarcestRate(fairness, traffic);
  const harm = `a loss of ${percent(limit)} in the ${rateWords[rate]} of a group with ${percent(traffic.groupShare)} of the keys`;
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
  return { ...labelPart(units, gathering), harm, effect, never: noLabels(labelled, crossing) };
}

/** Of so many mirrored keys within the deadline, and with what the policy asks for. */
interface Within {
  readonly alpha: number;
  readonly within: number;
  readonly repeats?: number;
  readonly seed?: number;
}

/** Keys gather from the first copy on, and those that are not mirrored count as needed too. */
function ofMirroredKeys(
  { policy, traffic, simulation }: MetricSetting,
  plan: (within: Within) => Crossing,
  { harm, effect, never }: Pick<Part, 'harm' | 'effect' | 'never'>,
): Part {
  const { sample, minRequests } = policy.shadow;
  const { keysPerHour } = traffic;
  if (sample === 0) return unproven(harm, effect, nothingMirrored);
  if (keysPerHour === 0) return unproven(harm, effect, 'there are no keys to compare the versions by');
  const within = Math.floor((keysPerHour * sample * policy.deadline) / hourMs);
  const crossing = plan({ ...simulation, alpha: promotionAlpha(policy), within });
  return { ...keyPart(crossing, { keysPerHour, counted: sample, from: 0, atLeast: minRequests }), harm, effect, never };
}
