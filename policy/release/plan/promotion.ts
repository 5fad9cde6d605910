import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import type { Simulation } from '../../../ml/power/simulation.ts';
import { durationWords } from '../../duration-words.ts';
import { planMetrics } from './metric.ts';
import type { MetricPlan } from './metric-plan.ts';
import { bakes, rampOf, type DeclaredTraffic } from './setting.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import type { GuardDefinition } from '../guards/guard.ts';
import { allGuards } from '../guards/index.ts';
import { needsLabels } from '../promotion.ts';

export interface PromotionPlan {
  /** Each metric is proven when its evidence reaches 1 / alpha. */
  readonly alpha: number;
  /** What must be proven. */
  readonly metrics: readonly MetricPlan[];
  /** Hours that shadow and steps take by themselves, at least; null where too few keys come for the fewest requests. */
  readonly phaseHours: number | null;
  /**
   * The soonest hour at which half, and 95 of 100, can be promoted by each of the metrics that are waited for; null where one of them is
   * never proven.
   */
  readonly soonestHours: { readonly median: number | null; readonly p95: number | null };
  readonly deadlineHours: number;
  /** Whether 95 of 100 are promoted before the release goes back. */
  readonly withinDeadline: boolean;
  readonly message: string;
}

/**
 * What promotion needs when the candidate does no harm: by which labels or keys each required metric is proven, and the soonest hour.
 * Null for modes that promote nobody. Labels that never come count as the policy says: left out, or each as a loss.
 */
export function planPromotion(
  policy: ReleasePolicy,
  traffic: DeclaredTraffic,
  simulation: Simulation = {},
  guards: readonly GuardDefinition[] = allGuards,
): PromotionPlan | null {
  if (!bakes(policy)) return null;
  const deadlineHours = policy.deadline / hourMs;
  const before = hoursOfShadow(policy, traffic);
  const phaseHours = hoursOfPhases(policy, traffic, before);
  const setting = { policy, traffic, simulation, before: Number.isFinite(before) ? before : deadlineHours };
  const metrics = planMetrics(setting, guards);
  const awaited = metrics.filter(({ isAwaited }) => isAwaited);
  const soonestOf = (share: 'median' | 'p95'): number | null => {
    const hours = [phaseHours, ...awaited.map((metric) => metric.hours[share])];
    return hours.includes(null) ? null : Math.max(...hours.map(Number));
  };
  const soonestHours = { median: soonestOf('median'), p95: soonestOf('p95') };
  const withinDeadline = soonestHours.p95 !== null && soonestHours.p95 <= deadlineHours;
  const row = { alpha: promotionAlpha(policy), metrics, phaseHours, soonestHours, deadlineHours, withinDeadline };
  const held = policy.labels.maturity === null && awaited.some(({ metric }) => needsLabels(metric, guards));
  const until = held ? '; none of it counts before release.labels.maturity is declared' : '';
  return { ...row, message: `${messageOf(row, awaited, policy)}${until}` };
}

/** Each phase lasts its time, or until its fewest requests came; a key is taken to send one. */
function hoursOfShadow({ shadow }: ReleasePolicy, traffic: DeclaredTraffic): number {
  if (shadow.sample === 0) return 0;
  return Math.max(shadow.duration / hourMs, hoursUntil(shadow.minRequests, shadow.sample, traffic));
}

function hoursOfPhases(policy: ReleasePolicy, traffic: DeclaredTraffic, before: number): number | null {
  const hours = rampOf(policy).reduce(
    (sum, step) => sum + Math.max(step.hours, hoursUntil(policy.minStepRequests, step.share, traffic)),
    before,
  );
  return Number.isFinite(hours) ? hours : null;
}

const hoursUntil = (requests: number, share: number, { keysPerHour }: DeclaredTraffic): number =>
  requests === 0 ? 0 : requests / (keysPerHour * share);

function messageOf(
  { phaseHours, soonestHours, deadlineHours, withinDeadline }: Omit<PromotionPlan, 'message'>,
  awaited: readonly MetricPlan[],
  policy: ReleasePolicy,
): string {
  const limit = `the deadline of ${durationWords(deadlineHours)}`;
  if (phaseHours === null)
    return `never: too few keys come for the fewest requests of a step; it goes back at ${limit}`;
  const phases = `${durationWords(phaseHours)} of shadow and steps`;
  const pauses =
    policy.steps.some(({ pause }) => pause) && policy.mode === 'canary' ? ', and people at the pauses' : '';
  if (awaited.length === 0)
    return `soonest after ${phases}${pauses}: the policy does not wait for labels or counts${withinDeadline ? '' : `; that is after ${limit}`}`;
  const never = awaited.filter(({ hours }) => hours.p95 === null);
  if (soonestHours.p95 === null)
    return `never: ${reasons(never, awaited.length)}; it goes back at ${limit}, unless a person promotes it`;
  const proofs = awaited.map(
    ({ needs, unit, hours, harm }) => `${needs.p95} ${unit} (${durationWords(hours.p95 ?? 0)}) rule out ${harm}`,
  );
  const soonest = `with ${phases}${pauses} the soonest promotion is after ${durationWords(soonestHours.p95)}`;
  const end = withinDeadline ? `within ${limit}` : `after ${limit}: it would go back before`;
  return `${proofs.join(', and ')} in 95 of 100 harmless releases; ${soonest}, ${end}`;
}

/** Where more than one metric is asked for, each by its name. */
const reasons = (metrics: readonly MetricPlan[], asked: number): string =>
  metrics.map(({ metric, never }) => (asked > 1 ? `${metric}: ${never}` : never)).join('; ');
