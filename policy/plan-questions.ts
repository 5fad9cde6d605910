import type { ReleasePolicy } from '../contracts/release-policy.ts';
import { planBake, smallestBakeRatio } from '../ml/sequential/bake-planning.ts';
import {
  planEventRate,
  planPaired,
  planSampleRatio,
  smallestDrop,
  smallestOdds,
  smallestRatio,
} from '../ml/sequential/planning.ts';
import type { PlannedStep } from '../ml/sequential/planning.ts';
import type { PlannedGuard } from './plan-guard.ts';
import { hourMs } from './plan-setting.ts';
import type { DeclaredTraffic, Setting } from './plan-setting.ts';

/** Asks the simulation about one guard. */
export type Plan = (setting: Setting, guard: string) => PlannedGuard;

/** A bake so many times as long is asked when its own length does not do. */
const longerBake = 20;
/** The smallest effect is searched for with fewer releases a try. */
const half = (repeats: number): number => Math.ceil(repeats / 2);
const nothingMirrored = 'nothing is mirrored';

type RateOf = (traffic: DeclaredTraffic) => number;
type ToleratedOf = (guards: ReleasePolicy['guards']) => number;

/** A guard of the rate of an event while the canary's share grows. */
export function onRamp(rate: RateOf, tolerated: ToleratedOf): Plan {
  return (setting, guard) =>
    planRate(setting, guard, setting.ramp, rate(setting.traffic), tolerated(setting.policy.guards));
}

/**
 * A guard of the rate of an event on copies: while a sample s of the champion's requests is copied, a copy is one of s
 * / (1 + s) of all requests.
 */
export function onCopies(rate: RateOf, tolerated: ToleratedOf): Plan {
  return (setting, guard) => {
    const { sample, duration } = setting.policy.shadow;
    const { traffic, policy } = setting;
    const copies = { share: sample / (1 + sample), hours: duration / hourMs };
    const both = { ...traffic, keysPerHour: traffic.keysPerHour * (1 + sample) };
    const plan = planRate({ ...setting, traffic: both }, guard, [copies], rate(traffic), tolerated(policy.guards));
    const requests = (count: number | null) => (count === null ? null : count / (1 + sample));
    const { power, expected, median, p95 } = plan.crossing;
    return {
      ...plan,
      crossing: { power, expected: requests(expected), median: requests(median), p95: requests(p95) },
      hoursAt: (keys) => keys / traffic.keysPerHour,
      stepEnds: [],
      ...(sample === 0 ? { why: nothingMirrored } : {}),
    };
  };
}

function planRate(
  { asked, traffic, alpha }: Setting,
  guard: string,
  steps: readonly PlannedStep[],
  baseRate: number,
  tolerated: number,
): PlannedGuard {
  const common = onKeys(guard, alpha(guard), traffic, steps);
  const { seed, repeats } = asked;
  const plan = { ...common, ...traffic, steps, baseRate, tolerated, seed, repeats: half(repeats) };
  const value = tolerated * asked.ratio;
  const crossing = planEventRate({ ...plan, repeats, ratio: value });
  return {
    ...common,
    kind: 'ratio',
    value,
    crossing,
    finds: smallestRatio(plan, asked.power),
    ...noRoom(baseRate, tolerated),
  };
}

/** Why no ratio can be found, whatever the traffic. */
function noRoom(baseRate: number, tolerated: number): { why?: string } {
  if (baseRate === 0) return { why: 'a rate of 0 was declared, of which no ratio is a harm: declare a small one' };
  if (baseRate * tolerated < 1) return {};
  return { why: `a rate of ${baseRate} cannot rise above ${tolerated} times itself` };
}

/** The guard of the sample ratio: whether keys fall by the share in force. */
export function planKeys({ asked, traffic, alpha, ramp }: Setting, guard: string): PlannedGuard {
  const common = onKeys(guard, alpha(guard), traffic, ramp);
  const { seed, repeats, odds } = asked;
  const plan = { ...common, ...traffic, steps: ramp, seed, repeats: half(repeats) };
  const crossing = planSampleRatio({ ...plan, repeats, odds });
  return { ...common, kind: 'odds', value: odds, crossing, finds: smallestOdds(plan, asked.power) };
}

/** The guard of accuracy: labels of mirrored requests come from the first shadow request on, late by the delay. */
export function planAccuracy({ policy, asked, traffic, alpha, ramp }: Setting, guard: string): PlannedGuard {
  const tolerated = policy.guards.accuracyLoss;
  const labelsPerHour = traffic.labelsPerHour * policy.shadow.sample;
  const before = policy.shadow.duration / hourMs;
  const stepEnds = endsOf(ramp, before);
  const withinHours = stepEnds.at(-1) ?? before;
  const withinLabels = Math.floor(labelsPerHour * Math.max(0, withinHours - traffic.labelDelayHours));
  const { discordantShare } = traffic;
  const { seed, repeats } = asked;
  const plan = { discordantShare, tolerated, alpha: alpha(guard), withinLabels, seed, repeats: half(repeats) };
  const value = tolerated + asked.drop;
  return {
    guard,
    alpha: alpha(guard),
    kind: 'drop',
    value,
    unit: 'labels',
    withinHours,
    crossing: planPaired({ ...plan, repeats, drop: value }),
    finds: smallestDrop(plan, asked.power),
    hoursAt: (labels) => traffic.labelDelayHours + labels / labelsPerHour,
    stepEnds,
    before,
    ...(policy.shadow.sample === 0 ? { why: nothingMirrored } : {}),
  };
}

/** The guard of errors against the holdback, once the version is promoted. */
export function planBakeErrors({ policy, asked, traffic, alpha }: Setting, guard: string): PlannedGuard {
  const { bake, guards } = policy;
  const hours = bake / hourMs;
  const common = onKeys(guard, alpha(guard), traffic, [{ share: 1 - asked.holdback, hours }]);
  const { holdback, seed, repeats } = asked;
  const { errorRate: baseRate, keysPerHour } = traffic;
  const plan = { holdback, baseRate, tolerated: guards.errorRatio, keysPerHour, hours, alpha: common.alpha, seed };
  const value = guards.errorRatio * asked.ratio;
  const { power, ...within } = planBake({ ...plan, repeats, ratio: value });
  const longer = within.p95 === null ? planBake({ ...plan, repeats, ratio: value, hours: longerBake * hours }) : within;
  return {
    ...common,
    kind: 'ratio',
    value,
    crossing: { power, expected: longer.expected, median: within.median ?? longer.median, p95: longer.p95 },
    finds: smallestBakeRatio({ ...plan, repeats: half(repeats) }, asked.power),
    stepEnds: [],
    ...noRoom(baseRate, guards.errorRatio),
  };
}

/** What guards that wait for keys have in common. */
function onKeys(guard: string, alpha: number, { keysPerHour }: DeclaredTraffic, steps: readonly PlannedStep[]) {
  const stepEnds = endsOf(steps, 0);
  const hoursAt = (keys: number): number => keys / keysPerHour;
  return { guard, alpha, unit: 'keys' as const, withinHours: stepEnds.at(-1) ?? 0, hoursAt, stepEnds, before: 0 };
}

function endsOf(steps: readonly PlannedStep[], before: number): number[] {
  let end = before;
  return steps.map(({ hours }) => (end += hours));
}
