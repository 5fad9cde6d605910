import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import { planBake, planNewBake, smallestBakeRatio, smallestNewBakeRate } from '../../../ml/power/bake.ts';
import type { Crossing } from '../../../ml/power/crossing.ts';
import { planEventRate, planNewEvent, smallestNewRate, smallestRatio } from '../../../ml/power/guards.ts';
import type { PlannedStep } from '../../../ml/power/simulation.ts';
import { weightOfBegin } from '../bake-starts.ts';
import type { PlannedGuard } from './guard.ts';
import type { JudgedKeys } from './unlabelled.ts';
import { bakes, endsOf, nothingMirrored } from './setting.ts';
import type { DeclaredTraffic, Setting } from './setting.ts';

/** Asks the simulation about one guard; null where it does not know what the guard does. */
export type Plan = (setting: Setting, guard: string) => PlannedGuard | null;

/** The smallest effect is searched for with fewer releases a try. */
export const half = (repeats: number): number => Math.ceil(repeats / 2);
export const neverCrosses: Crossing = { power: 0, expected: null, median: null, p95: null };

type RateOf = (traffic: DeclaredTraffic) => number;
type ToleratedOf = (guards: ReleasePolicy['guards']) => number;

/** A guard of the rate of an event while the canary's share grows; it fires only on a rate above `least`. */
export function onRamp(rate: RateOf, tolerated: ToleratedOf, least = 0): Plan {
  return (setting, guard) =>
    planRate(setting, guard, setting.ramp, rate(setting.traffic), tolerated(setting.policy.guards), least);
}

/**
 * A guard of the rate of an event on mirrored requests, from the shadow to the last step: a key that is mirrored is one of
 * each version, so that an event falls on the canary as if it had half of the keys.
 */
export function onMirrored(rate: RateOf, tolerated: ToleratedOf, least = 0): Plan {
  return (setting, guard) => {
    const { traffic, policy } = setting;
    const { sample, duration } = policy.shadow;
    const before = duration / hourMs;
    const stepEnds = endsOf(setting.ramp, before);
    const steps = sample === 0 ? [] : [{ share: 0.5, hours: stepEnds.at(-1) ?? before }];
    const both = { ...traffic, keysPerHour: traffic.keysPerHour * 2 * sample };
    const plan = planRate({ ...setting, traffic: both }, guard, steps, rate(traffic), tolerated(policy.guards), least);
    const keys = (count: number | null) => (count === null ? null : count / (2 * sample));
    const { power, expected, median, p95 } = plan.crossing;
    return {
      ...plan,
      crossing: { power, expected: keys(expected), median: keys(median), p95: keys(p95) },
      hoursAt: (count) => count / traffic.keysPerHour,
      stepEnds,
      before,
      ...(sample === 0 ? { why: nothingMirrored } : {}),
    };
  };
}

function planRate(
  { asked, traffic, alpha, policy }: Setting,
  guard: string,
  steps: readonly PlannedStep[],
  baseRate: number,
  tolerated: number,
  least: number,
): PlannedGuard {
  const common = onKeys(guard, alpha(guard), traffic, steps);
  const { seed, repeats } = asked;
  const value = tolerated * asked.ratio;
  if (baseRate === 0 && steps.length > 0) return planNew({ ...common, tolerated, steps, asked, traffic, least });
  const row = { ...common, kind: 'ratio' as const, value };
  if (steps.length === 0) return { ...row, crossing: neverCrosses, finds: null, why: noSteps(policy) };
  const plan = { ...common, ...traffic, steps, baseRate, tolerated, seed, repeats: half(repeats) };
  return {
    ...row,
    crossing: baseRate * value <= least ? neverCrosses : planEventRate({ ...plan, repeats, ratio: value }),
    finds: atLeast(smallestRatio(plan, asked.power), least, baseRate),
    ...noRoom(baseRate, tolerated),
  };
}

/** Where the champion has none, any event is harm: it is asked for by the canary's rate. */
function planNew({
  asked,
  traffic,
  least,
  tolerated,
  steps,
  ...common
}: ReturnType<typeof onKeys> &
  Pick<Setting, 'asked' | 'traffic'> & {
    readonly least: number;
    readonly tolerated: number;
    readonly steps: readonly PlannedStep[];
  }): PlannedGuard {
  const { seed, repeats, rate } = asked;
  const { keysPerHour } = traffic;
  const { alpha, withinHours } = common;
  const plan = { steps, keysPerHour, alpha, withinHours, tolerated, seed, repeats: half(repeats) };
  const found = smallestNewRate(plan, asked.power);
  return {
    ...common,
    kind: 'rate',
    value: rate,
    crossing: rate <= least ? neverCrosses : planNewEvent({ ...plan, repeats, rate }),
    finds: found === null ? null : Math.max(found, least),
  };
}

export const noSteps = ({ mode }: ReleasePolicy): string =>
  `the mode ${mode} has no step in which both versions answer`;

/** The smallest ratio that is found and at which the rate is above `least`. */
function atLeast(finds: number | null, least: number, baseRate: number): number | null {
  if (finds === null || least / baseRate > largestRatio) return null;
  return Math.max(finds, least / baseRate);
}
/** As `smallestRatio` searches. */
const largestRatio = 20;

/** Why no ratio can be found at any traffic. */
function noRoom(baseRate: number, tolerated: number): { why?: string } {
  if (baseRate * tolerated < 1) return {};
  return { why: `a rate of ${Number(baseRate.toPrecision(3))} cannot rise above ${tolerated} times itself` };
}

/** A guard of the rate of an event against the holdback, once the version is promoted. */
export function onBake(rate: RateOf, toleratedOf: ToleratedOf, least = 0): Plan {
  return ({ policy, asked, traffic, alpha }, guard) => {
    const { holdback, seed, repeats } = asked;
    const [baseRate, tolerated] = [rate(traffic), toleratedOf(policy.guards)];
    const value = tolerated * asked.ratio;
    const hours = bakes(policy) ? policy.bake / hourMs : 0;
    const common = onKeys(guard, alpha(guard), traffic, [{ share: 1 - holdback, hours }]);
    const row = { ...common, kind: 'ratio' as const, value, stepEnds: [] };
    const why = bakes(policy)
      ? holdback > 0
        ? undefined
        : 'nothing is held back'
      : `the mode ${policy.mode} has no bake`;
    if (why !== undefined) return { ...row, crossing: neverCrosses, finds: null, why };
    const { keysPerHour } = traffic;
    // Harm from the begin of the bake on is found by that start at the latest.
    const plan = { holdback, tolerated, keysPerHour, hours, alpha: common.alpha * weightOfBegin, seed };
    const [whole, tries] = [
      { ...plan, repeats },
      { ...plan, repeats: half(repeats) },
    ];
    if (baseRate === 0) {
      const found = smallestNewBakeRate(tries, asked.power);
      return {
        ...row,
        kind: 'rate',
        value: asked.rate,
        crossing: asked.rate <= least ? neverCrosses : planNewBake({ ...whole, rate: asked.rate }),
        finds: found === null ? null : Math.max(found, least),
      };
    }
    return {
      ...row,
      crossing: baseRate * value <= least ? neverCrosses : planBake({ ...whole, baseRate, ratio: value }),
      finds: atLeast(smallestBakeRatio({ ...tries, baseRate }, asked.power), least, baseRate),
      ...noRoom(baseRate, tolerated),
    };
  };
}

/** What guards that wait for keys have in common. */
export function onKeys(guard: string, alpha: number, { keysPerHour }: DeclaredTraffic, steps: readonly PlannedStep[]) {
  const stepEnds = endsOf(steps, 0);
  const hoursAt = (keys: number): number => keys / keysPerHour;
  return { guard, alpha, unit: 'keys' as const, withinHours: stepEnds.at(-1) ?? 0, hoursAt, stepEnds, before: 0 };
}

/**
 * What guards of live answers have in common, whose outcomes come from the first step on: of the row, and of what is simulated, with half
 * of the releases.
 */
export function onOutcomes<Unit extends 'labels' | 'values'>(
  { policy, asked, alpha, ramp }: Setting,
  guard: string,
  unit: Unit,
  { unitsPerHour, labelled, delayHours, young }: JudgedKeys,
) {
  const before = policy.shadow.duration / hourMs;
  const stepEnds = endsOf(ramp, before);
  const withinHours = stepEnds.at(-1) ?? before;
  const hoursAt = (outcomes: number): number => before + delayHours + outcomes / (unitsPerHour * labelled);
  const { seed, repeats } = asked;
  return {
    row: { guard, alpha: alpha(guard), unit, withinHours, hoursAt, stepEnds, before },
    plan: {
      steps: ramp,
      keysPerHour: unitsPerHour,
      labelled,
      young,
      alpha: alpha(guard),
      withinHours: Math.max(0, withinHours - before - delayHours),
      seed,
      repeats: half(repeats),
    },
  };
}
