import type { ReleasePolicy } from '../contracts/release-policy.ts';
import { planNonInferiority, type Simulation } from '../ml/sequential/planning.ts';
import { percent, short } from './check.ts';
import { promotionMargin } from './promotion-checks.ts';
import { ruleOf } from './guards.ts';
import { bakes, hourMs, rampOf, type DeclaredTraffic } from './plan-setting.ts';

export interface PromotionPlan {
  /** Loss of accuracy that the labels must rule out. */
  readonly margin: number;
  /** The proof is there when its evidence reaches 1 / alpha. */
  readonly alpha: number;
  /** Labels of mirrored keys that half, and 95 of 100, of harmless releases need, at least `minLabels`; null where they never do. */
  readonly labels: { readonly median: number | null; readonly p95: number | null };
  /** Hours from the release's start until they are there and old enough; null where they never are. */
  readonly labelHours: { readonly median: number | null; readonly p95: number | null };
  /** Hours that shadow and steps take by themselves, at least; null where too few keys come for the fewest requests. */
  readonly phaseHours: number | null;
  /** The soonest hour at which half, and 95 of 100, can be promoted. */
  readonly soonestHours: { readonly median: number | null; readonly p95: number | null };
  readonly deadlineHours: number;
  /** Whether 95 of 100 are promoted before the release goes back. */
  readonly withinDeadline: boolean;
  readonly message: string;
}

/**
 * What promotion needs when the candidate does no harm: the labels by which non-inferiority is shown (`planNonInferiority` at
 * the policy's alpha), and the soonest hour. Labels gather from the first mirrored request on. Null for modes that promote
 * nobody. Labels that never come count as the policy says: left out, or each as a loss.
 */
export function planPromotion(
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
  simulation: Simulation = {},
): PromotionPlan | null {
  if (!bakes(policy)) return null;
  const { alpha, minLabels, guards, shadow } = policy;
  const margin = guards.accuracyLoss + promotionMargin;
  const deadlineHours = policy.deadline / hourMs;
  const phaseHours = hoursOfPhases(policy, traffic);
  const awaits = minLabels > 0 && ruleOf(policy, 'accuracy').missing !== 'pass';
  const { labelled, unitsPerHour } = unitsOf(policy, traffic);
  const delay = Math.max(traffic.labelDelayHours, policy.labels.maturity / hourMs);
  const crossing = planNonInferiority({
    ...simulation,
    margin,
    alpha,
    drop: 1 - labelled,
    discordantShare: 1 - labelled + labelled * traffic.discordantShare,
    withinLabels: Math.floor(unitsPerHour * Math.max(0, deadlineHours - delay)),
  });
  const labelsOf = (units: number | null): number | null =>
    units === null || labelled === 0 ? null : Math.max(minLabels, Math.ceil(units * labelled));
  const hoursOf = (labels: number | null): number | null =>
    labels === null || unitsPerHour === 0 ? null : delay + labels / labelled / unitsPerHour;
  const soonestOf = (hours: number | null): number | null => {
    if (!awaits) return phaseHours;
    return hours === null || phaseHours === null ? null : Math.max(hours, phaseHours);
  };
  const labels = { median: labelsOf(crossing.median), p95: labelsOf(crossing.p95) };
  const labelHours = { median: hoursOf(labels.median), p95: hoursOf(labels.p95) };
  const soonestHours = { median: soonestOf(labelHours.median), p95: soonestOf(labelHours.p95) };
  const withinDeadline = soonestHours.p95 !== null && soonestHours.p95 <= deadlineHours;
  const row = { margin, alpha, labels, labelHours, phaseHours, soonestHours, deadlineHours, withinDeadline };
  const never =
    shadow.sample === 0
      ? 'nothing is mirrored, so that no label says anything'
      : labels.p95 === null
        ? `labels that do not come count as losses, and ${percent(1 - labelled)} do not`
        : 'no labels come';
  return { ...row, message: messageOf(row, awaits, never, policy) };
}

/** What gathers towards the proof: labels, or keys of which only some get one where the others count at their worst. */
function unitsOf({ labels, shadow }: ReleasePolicy, { keysPerHour, labelsPerHour }: DeclaredTraffic) {
  if (labels.missing === 'random' || keysPerHour === 0)
    return { labelled: 1, unitsPerHour: labelsPerHour * shadow.sample };
  return { labelled: Math.min(1, labelsPerHour / keysPerHour), unitsPerHour: keysPerHour * shadow.sample };
}

/** Each phase lasts its time, or until its fewest requests came; a key is taken to send one. */
function hoursOfPhases(policy: ReleasePolicy, { keysPerHour }: DeclaredTraffic): number | null {
  const { shadow, minStepRequests } = policy;
  const until = (requests: number, share: number): number => (requests === 0 ? 0 : requests / (keysPerHour * share));
  const mirrored =
    shadow.sample === 0 ? 0 : Math.max(shadow.duration / hourMs, until(shadow.minRequests, shadow.sample));
  const hours = rampOf(policy).reduce(
    (sum, step) => sum + Math.max(step.hours, until(minStepRequests, step.share)),
    mirrored,
  );
  return Number.isFinite(hours) ? hours : null;
}

function messageOf(row: Omit<PromotionPlan, 'message'>, awaits: boolean, never: string, policy: ReleasePolicy): string {
  const { labels, labelHours, phaseHours, soonestHours, deadlineHours, withinDeadline, margin } = row;
  const limit = `the deadline of ${short(deadlineHours)} h`;
  if (phaseHours === null)
    return `never: too few keys come for the fewest requests of a step; it goes back at ${limit}`;
  const phases = `${short(phaseHours)} h of shadow and steps`;
  const pauses =
    policy.steps.some(({ pause }) => pause) && policy.mode === 'canary' ? ', and people at the pauses' : '';
  if (!awaits)
    return `soonest after ${phases}${pauses}: the policy does not wait for labels${withinDeadline ? '' : `; that is after ${limit}`}`;
  if (soonestHours.p95 === null || labelHours.p95 === null)
    return `never: ${never}; it goes back at ${limit}, unless a person promotes it`;
  const proof = `${labels.p95} labels (${short(labelHours.p95)} h) rule out a loss of accuracy of ${percent(margin)} in 95 of 100 harmless releases`;
  const soonest = `with ${phases}${pauses} the soonest promotion is after ${short(soonestHours.p95)} h`;
  return `${proof}; ${soonest}, ${withinDeadline ? `within ${limit}` : `after ${limit}: it would go back before`}`;
}
