import type { ValueGuard } from '../../../contracts/release/value-policy.ts';
import { hourMs } from '../../../contracts/duration.ts';
import { planValueLoss, planValueProof, smallestValueFall } from '../../../ml/power/values.ts';
import { short } from '../../check.ts';
import { maturityOf } from '../label-cohorts.ts';
import { harmfulFall, proofDesign, shareOfRange, valueDesign } from '../guards/value.ts';
import type { PlannedGuard } from './guard.ts';
import { labelPart, unproven, type MetricSetting, type Part } from './part.ts';
import { neverCrosses, noSteps, onOutcomes } from './questions.ts';
import { judgedKeys, outcomesOf, soonest, unitsOf, valueTraffic, type JudgedKeys } from './unlabelled.ts';
import { rampOf, type DeclaredTraffic, type Setting } from './setting.ts';
import { promotionAlpha } from '../promotion.ts';

const widthOf = ({ from, to }: ValueGuard): number => to - from;

/** What the simulation takes values for. */
const simulatedValues = ({ from, to }: ValueGuard, { valueMean }: DeclaredTraffic): string =>
  `simulated with values of ${short(from)} and ${short(to)} only, ${short(from + valueMean * (to - from))} on average: values with that mean vary at most so, and such as vary less need fewer`;

/** The guard of what live answers were worth: values come from the first step on, late by their delay. */
export const planLiveValues = (setting: Setting, guard: string): PlannedGuard =>
  soonest(judgedKeys(setting.policy, valueTraffic(setting.traffic)).map((keys) => planByKeys(setting, guard, keys)));

function planByKeys(setting: Setting, guard: string, keys: JudgedKeys): PlannedGuard {
  const { policy, asked, traffic, ramp } = setting;
  const { value: judged } = policy.guards;
  if (judged === null) throw new RangeError('no value is judged by a policy without guards.value');
  const { valuesPerHour, valueMean: mean } = traffic;
  const common = onOutcomes(setting, guard, 'values', keys);
  const width = widthOf(judged);
  const tolerated = shareOfRange(judged, judged.maxLoss);
  const fall = Math.min(mean, tolerated + asked.drop);
  const row = { ...common.row, kind: 'value', value: fall * width } as const;
  const design = valueDesign(policy, judged);
  const never = (why: string): PlannedGuard => ({ ...row, crossing: neverCrosses, finds: null, why });
  if (design === null || ramp.length === 0) return never(noSteps(policy));
  if (valuesPerHour === 0) return never('no values come');
  if (mean <= tolerated) return never(`a mean so low cannot fall by more than ${short(judged.maxLoss)}`);
  const plan = { ...common.plan, mean, design, tolerated };
  const finds = smallestValueFall(plan, asked.power);
  return {
    ...row,
    crossing: outcomesOf(planValueLoss({ ...plan, repeats: asked.repeats, fall }), keys),
    finds: finds === null ? null : finds * width,
    note: simulatedValues(judged, traffic),
  };
}

/** The proof of what live answers were worth: values gather from the first step on. */
export function planLiveValueProof({ policy, traffic, simulation, before }: MetricSetting): Part {
  const { value: judged } = policy.guards;
  if (judged === null) throw new RangeError('the value of answers cannot be proven without the range of guards.value');
  const margin = harmfulFall(judged, policy.promotion.metrics.value?.margin ?? 0);
  const text = `a fall of the mean value by ${short(margin)}`;
  const effect = { kind: 'value' as const, value: margin };
  const steps = rampOf(policy);
  const design = proofDesign(policy, judged);
  if (design === null || steps.length === 0) return unproven(text, effect, noSteps(policy));
  if (traffic.valuesPerHour === 0) return unproven(text, effect, 'no values come');
  const { labelled: known, unitsPerHour } = unitsOf(policy, valueTraffic(traffic));
  const delay = Math.max(traffic.valueDelayHours, maturityOf(policy) / hourMs);
  const crossing = planValueProof({
    ...simulation,
    steps,
    keysPerHour: unitsPerHour,
    alpha: promotionAlpha(policy),
    withinHours: Math.max(0, policy.deadline / hourMs - before - delay),
    mean: traffic.valueMean,
    design,
    margin: shareOfRange(judged, margin),
    known,
  });
  return {
    ...labelPart(crossing, { labelled: known, unitsPerHour, minLabels: 0, delay, from: before }),
    unit: 'values',
    harm: `${text} (${simulatedValues(judged, traffic)})`,
    effect,
    never:
      known < 1 ? 'values that do not come count at their worst' : 'the margin is not to be shown by that many values',
  };
}
