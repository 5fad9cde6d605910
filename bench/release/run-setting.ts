import { simulateRelease } from '../../ml/simulation/traffic.ts';
import type { SimulatedTraffic } from '../../ml/simulation/traffic.ts';
import { simulateLabels } from '../../ml/simulation/labels.ts';
import type { MirroredTraffic } from '../../ml/simulation/labels.ts';
import type { ReleaseHistory } from '../../ml/simulation/history.ts';
import type { LabelHistory } from '../../ml/simulation/labels.ts';
import { releasePolicySchema } from '../../contracts/release/release-policy.ts';
import { alphaOf } from '../../policy/release/alpha-budget.ts';
import { guardBudget } from '../../policy/release/guards-in-force.ts';
import { allGuards } from '../../policy/release/guards/index.ts';
import type { Decider, Declared } from './deciders/decider.ts';
import { eventRateDecider } from './deciders/event-rate.ts';
import { flaggerDecider } from './deciders/flagger.ts';
import { groupSequentialDecider } from './deciders/group-sequential.ts';
import { kayentaDecider } from './deciders/kayenta.ts';
import { mixtureSprtDecider } from './deciders/msprt.ts';
import { pairedDecider, repeatedMcNemarDecider } from './deciders/paired.ts';
import { repeatedZDecider } from './deciders/repeated-z.ts';
import { measure, nominalLimits, tunedLimits } from './measure.ts';
import type { MethodResult, Simulator } from './measure.ts';
import { labelSettings, trafficSettings } from './settings.ts';
import type { Setting } from './settings.ts';

export const alpha = 0.05;

const policy = releasePolicySchema.parse({ alpha, gatewayGuards: 3 });

const alphasOf = (guard: string): Pick<Declared, 'alpha' | 'guardAlpha' | 'splitAlpha'> => ({
  alpha,
  guardAlpha: alpha * (allGuards.find(({ name }) => name === guard)?.defaultWeight ?? 0),
  splitAlpha: alphaOf(guardBudget(policy, 1), guard),
});

/** One method in one cell of the bench. */
export interface Cell extends MethodResult {
  readonly setting: string;
  /** `none` where the candidate is harmless. */
  readonly effect: string;
  readonly judged: boolean;
}

/** Most repetitions of a cell where nothing is wrong, and of one with an effect. */
export interface Repeats {
  readonly harmless: number;
  readonly harmful: number;
}

export const settingCount = trafficSettings.length + labelSettings.length;

/** Where the work of a setting is the greatest, for an even load: minutes times repetitions. */
export const settingWork = (index: number): number => {
  const { world, weight } = trafficSettings[index] ??
    labelSettings[index - trafficSettings.length] ?? { world: { minutes: 0 }, weight: 0 };
  return world.minutes * weight;
};

/** All cells of the setting with this number, from 0; seeds follow from the number. */
export function runSetting(index: number, repeats: Repeats): Cell[] {
  const traffic = trafficSettings[index];
  if (traffic !== undefined) return runTraffic(traffic, index, repeats);
  const labels = labelSettings[index - trafficSettings.length];
  if (labels === undefined) throw new RangeError(`there is no setting ${index}`);
  return runLabels(labels, index, repeats);
}

function runTraffic(setting: Setting<SimulatedTraffic>, index: number, repeats: Repeats): Cell[] {
  const declared: Declared = {
    ...alphasOf('errors'),
    baseRate: setting.baseRate,
    minutes: setting.world.minutes,
  };
  const deciders = [
    eventRateDecider(declared),
    kayentaDecider(),
    flaggerDecider(declared),
    repeatedZDecider(declared),
    groupSequentialDecider(declared),
    mixtureSprtDecider(declared),
  ];
  const simulator = (world: SimulatedTraffic): Simulator<ReleaseHistory> => ({
    draw: (random) => simulateRelease(world, random),
    cost: ({ canary }, minute) => canary.events[minute] ?? 0,
  });
  return runCells(setting, simulator, deciders, index, repeats);
}

function runLabels(setting: Setting<MirroredTraffic>, index: number, repeats: Repeats): Cell[] {
  const declared: Declared = {
    ...alphasOf('accuracy'),
    baseRate: setting.baseRate,
    minutes: setting.world.minutes,
  };
  const deciders = [pairedDecider(declared), repeatedMcNemarDecider(declared)];
  const simulator = (world: MirroredTraffic): Simulator<LabelHistory> => ({
    draw: (random) => simulateLabels(world, random),
    cost: ({ labels }, minute) => labels[minute] ?? 0,
  });
  return runCells(setting, simulator, deciders, index, repeats);
}

function runCells<World, History extends { readonly minutes: number }>(
  { name, weight, world, effects, judged }: Setting<World>,
  simulator: (world: World) => Simulator<History>,
  deciders: readonly Decider<History>[],
  index: number,
  repeats: Repeats,
): Cell[] {
  const seed = 1000 * (index + 1);
  const limits = nominalLimits(deciders);
  const harmless = measure(simulator(world), deciders, limits, {
    repeats: Math.ceil(weight * repeats.harmless),
    seed,
    whole: true,
  });
  const all = [...limits, ...tunedLimits(deciders, harmless.highest, alpha)];
  const cells = (effect: string, results: readonly MethodResult[]): Cell[] =>
    results.map((result) => ({ setting: name, effect, judged, ...result }));
  return [
    ...cells('none', harmless.results),
    ...effects.flatMap((effect, at) =>
      cells(
        effect.name,
        measure(simulator(effect.world), deciders, all, {
          repeats: Math.ceil(weight * repeats.harmful),
          seed: seed + at + 1,
          whole: false,
        }).results,
      ),
    ),
  ];
}
