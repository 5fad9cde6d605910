import { hourMs } from '../../../contracts/duration.ts';
import type { ValueRange } from '../../../contracts/evidence/values.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { ValueGuard } from '../../../contracts/release/value-policy.ts';
import { planValueLoss, planValueProof, smallestValueFall } from '../../../ml/power/values.ts';
import { valueKeptEvidence, valueLossEvidence } from '../../../ml/sequential/live-value.ts';
import { short } from '../../check.ts';
import { durationWords } from '../../duration-words.ts';
import { threeDigits } from '../../three-digits.ts';
import { promotionAlpha } from '../alpha-budget.ts';
import { evidenceAgainst, maturityOf, missingForProof } from '../label-cohorts.ts';
import type { PlannedGuard } from '../plan/guard.ts';
import { labelPart, unproven, type MetricSetting, type PlanPart } from '../plan/metric-plan.ts';
import { neverCrosses, noSteps, onOutcomes } from '../plan/event-plans.ts';
import { rampOf, type DeclaredTraffic, type Setting } from '../plan/setting.ts';
import { judgedKeys, outcomesOf, soonest, unitsOf, valueTraffic, type JudgedKeys } from '../plan/unlabelled.ts';
import type { GuardDefinition, PrintedNumber, Proof, SeenRelease } from './guard.ts';
import { valueCountOf, harmfulFall, proofDesign, shareOfRange, valueDesign, valueDifference } from './valued-keys.ts';

/** What answers were worth, by the values that came back for live requests. */
export const value: GuardDefinition = {
  name: 'value',
  harm: "the mean value of live requests is too far below the champion's",
  defaultWeight: 0.2,
  inForce: ({ guards }) => guards.value !== null,
  counts: ({ guards }) => (guards.value === null ? {} : { values: { from: guards.value.from, to: guards.value.to } }),
  test: ({ values }, policy) => {
    const judged = judgedIn(policy);
    const design = valueDesign(policy, judged);
    const eValue =
      design === null
        ? 1
        : evidenceAgainst(policy, values ?? { all: [], mature: [] }, (keys, missing) =>
            valueLossEvidence(keys, design, shareOfRange(judged, judged.maxLoss), missing === 'best' ? 'best' : 'out'),
          );
    return {
      eValue,
      estimand: `mean value of live requests, ${within(judged)}, falls by at most ${short(judged.maxLoss)}`,
    };
  },
  describe: ({ values }, policy) => valueDifference(values?.all ?? [], policy, judgedIn(policy)),
  proof: (policy) => {
    const { value: asked } = policy.promotion.metrics;
    if (asked === null) return null;
    return {
      test: (seen) => valueProof(seen, policy, asked.margin),
      plan: (setting) => planProof(setting, asked.margin),
    };
  },
  needsLabels: true,
  plan: (setting, guard) =>
    soonest(judgedKeys(setting.policy, valueTraffic(setting.traffic)).map((keys) => planBy(keys, setting, guard))),
  numbers: ({ guards }, { valuesPerHour, valueDelayHours, valueMean }): PrintedNumber[] =>
    guards.value === null
      ? []
      : [
          { name: 'values an hour', value: threeDigits(valuesPerHour.value), from: valuesPerHour },
          { name: 'value delay', value: durationWords(valueDelayHours.value), from: valueDelayHours },
          { name: 'mean value', value: threeDigits(meanOf(guards.value, valueMean.value)), from: valueMean },
        ],
  unsimulated: { incident: 'answers that are worth less', why: 'no values are simulated' },
  docs: {
    setting: 'value: { from: 0, to: 200, maxLoss: 0.5 }',
    evidence: 'first live request of a key, with its value from feedback, by arm and share',
    hypothesis: '"the mean value falls by at most `maxLoss`", a betting e-process as of `liveAccuracy`',
  },
};

function judgedIn({ guards }: ReleasePolicy): ValueGuard {
  if (guards.value === null) throw new RangeError('no value is judged by a policy without guards.value');
  return guards.value;
}

const meanOf = ({ from, to }: ValueRange, share: number): number => from + share * (to - from);

const within = ({ from, to }: ValueRange): string => `within ${short(from)} to ${short(to)}`;

/** What the required metric `value` has shown. */
export function valueProof({ values }: SeenRelease, policy: ReleasePolicy, margin: number): Proof {
  const value = judgedIn(policy);
  const keys = values?.mature ?? [];
  const design = proofDesign(policy, value);
  const atWorst = missingForProof(policy) === 'worst';
  const fall = harmfulFall(value, margin);
  const missing = atWorst ? keys.reduce((sum, one) => sum + one.missing, 0) : 0;
  return {
    metric: 'value',
    evidence:
      design === null ? 1 : valueKeptEvidence(keys, design, shareOfRange(value, fall), atWorst ? 'worst' : 'out'),
    harm: `a fall of the mean value by ${short(fall)} on live requests`,
    counted: `${valueCountOf(keys)} values of live requests${missing > 0 ? `, ${missing} missing ones at their worst,` : ''}`,
    detail: valueDifference(keys, policy, value),
  };
}

/** Values come from the first step on, late by their delay. */
function planBy(keys: JudgedKeys, setting: Setting, guard: string): PlannedGuard {
  const { policy, asked, traffic, ramp } = setting;
  const judged = judgedIn(policy);
  const { valuesPerHour, valueMean: mean } = traffic;
  const common = onOutcomes(setting, guard, 'values', keys);
  const width = judged.to - judged.from;
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

/** Values gather from the first step on. */
function planProof({ policy, traffic, simulation, before }: MetricSetting, asked: number): PlanPart {
  const judged = judgedIn(policy);
  const margin = harmfulFall(judged, asked);
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

/** What the simulation takes values for. */
const simulatedValues = ({ from, to }: ValueRange, { valueMean }: DeclaredTraffic): string =>
  `simulated with values of ${short(from)} and ${short(to)} only, ${short(meanOf({ from, to }, valueMean))} on average: values with that mean vary at most so, and such as vary less need fewer`;
