import type { Variant } from '../../contracts/evidence/optimization.ts';
import type { Difference, MetricValues } from '../../contracts/evidence/quality.ts';
import type { ModelDefinition } from '../../contracts/model/model-definition.ts';
import type { QualityGate } from '../../contracts/model/task.ts';
import { metricFacts, type MetricName } from '../../contracts/model/tasks/metric-names.ts';
import type { Check, Verdict } from '../../contracts/verdict.ts';
import { check, percent, short } from '../check.ts';
import { comparedMetrics, gainOf } from './quality.ts';
import { verdictOf } from '../verdict.ts';

/** Rise of a group's error rate over the fp32 reference's on the same rows, and how much the definition allows; null where nothing is said. */
export interface GroupRise {
  readonly attribute: string;
  readonly group: string;
  readonly rise: number;
  readonly limit: number | null;
}

export interface VariantFacts extends Pick<Variant, 'accuracyChange' | 'differences' | 'agreement' | 'speedup'> {
  /** Groups that are large enough to say. */
  readonly groups: readonly GroupRise[];
  /** What `accuracyChange` is of. */
  readonly accuracy: string;
  /** The reference's on the same rows. */
  readonly fp32: MetricValues;
}

/**
 * How much faster than fp32 a variant is over all batch sizes: the geometric mean of its speedups, so that twice as fast here
 * and half as fast there is 1. Above 0; 1 without batch sizes.
 */
export function payOff(speedup: Variant['speedup']): number {
  const logs = speedup.reduce((sum, { ratio }) => sum + Math.log(ratio), 0);
  return Math.exp(logs / Math.max(1, speedup.length));
}

/** The largest rise of a group's error rate; 0 where no group is large enough. */
export const worstRise = (groups: readonly GroupRise[]): number =>
  groups.length === 0 ? 0 : Math.max(...groups.map(({ rise }) => rise));

/**
 * Judges a quantized variant against its fp32 reference: loss of accuracy, and of the primary metric and those with a margin, on the
 * confidence bound, agreement of the labels, nobody
 * worse off than their attribute allows (on the estimate: fp32 is always there to fall back on), and speed.
 */
export function judgeVariant(facts: VariantFacts, gate: ModelDefinition['optimize'], quality: QualityGate): Verdict {
  const metrics = comparedMetrics(quality).filter((metric) => metric !== 'accuracy');
  const margins = metrics.map((metric) => notWorse(metric, marginOf(metric, facts, gate, quality), facts.differences));
  return verdictOf([
    accuracy(facts, gate),
    ...margins,
    agreement(facts, gate),
    worstGroup(facts),
    speedup(facts, gate),
  ]);
}

/** How much of a metric may be lost, and who says it. */
interface Margin {
  readonly value: number;
  readonly words: string;
}

/** Without a margin of its own, an error that is not a share may lose the budget's share of its value. */
function marginOf(
  metric: MetricName,
  { fp32 }: VariantFacts,
  { accuracyBudget }: ModelDefinition['optimize'],
  { margins, marginsAreDefault = false }: QualityGate,
): Margin {
  const own = margins[metric];
  if (own !== undefined) {
    const by = marginsAreDefault ? `, the default of quality.margins.${metric}` : `, as quality.margins.${metric} says`;
    return { value: own, words: `it may be worse by more than ${short(own)}${by}` };
  }
  const { direction, unit } = metricFacts[metric];
  const value = fp32[metric] ?? 0;
  const budget = direction === 'lower' && unit !== 'share' ? accuracyBudget * value : 0;
  return budget > 0
    ? {
        value: budget,
        words: `it may be worse by more than ${short(budget)}, which is optimize.accuracyBudget of fp32's ${short(value)}`,
      }
    : { value: 0, words: `it may be worse, and may lose nothing without quality.margins.${metric}` };
}

function accuracy(
  { accuracy: what, accuracyChange: { estimate, lower } }: VariantFacts,
  gate: ModelDefinition['optimize'],
): Check {
  const limit = -gate.accuracyBudget;
  const passed = lower >= limit;
  const message = `${what} changes by ${short(estimate)}, at worst ${short(lower)}; ${passed ? 'the budget is' : 'this is beyond the budget of'} ${short(limit)}`;
  return check('accuracy.budget', passed ? 'pass' : 'fail', lower, limit, message);
}

function notWorse(metric: MetricName, { value: margin, words }: Margin, differences: readonly Difference[]): Check {
  const name = `${metric}.nonInferior`;
  const gain = gainOf(metric, differences);
  if (gain === null)
    return check(name, 'fail', null, -margin, `${metric} could not be compared with fp32's on these rows`);
  const passed = gain.lower >= -margin;
  const said = `${metric} gains ${short(gain.estimate)} over fp32, lower confidence bound ${short(gain.lower)}`;
  const message = passed ? `${said}: not worse by more than ${short(margin)}` : `${said}: ${words}`;
  return check(name, passed ? 'pass' : 'fail', gain.lower, -margin, message);
}

function agreement({ agreement: observed }: VariantFacts, { minAgreement }: ModelDefinition['optimize']): Check {
  const message = `${percent(observed)} of the answers agree with fp32, at least ${percent(minAgreement)} is asked for`;
  return check('agreement', observed >= minAgreement ? 'pass' : 'fail', observed, minAgreement, message);
}

/** Shows the group that is nearest to its limit, or furthest beyond it. */
function worstGroup({ groups }: VariantFacts): Check {
  const name = 'fairness.worstGroup';
  const room = ({ rise, limit }: GroupRise): number => (limit ?? Infinity) - rise;
  const limited = groups.filter(({ limit }) => limit !== null).toSorted((a, b) => room(a) - room(b));
  const [worst] = limited;
  if (worst === undefined || worst.limit === null) {
    return check(name, 'pass', worstRise(groups), null, 'no limit is set on a group that is large enough to say');
  }
  const message = `${worst.attribute} = ${worst.group}: error rate ${percent(worst.rise)} above fp32's, at most ${percent(worst.limit)} is allowed`;
  return check(name, worst.rise <= worst.limit ? 'pass' : 'fail', worst.rise, worst.limit, message);
}

function speedup({ speedup: speeds }: VariantFacts, { minSpeedup }: ModelDefinition['optimize']): Check {
  const observed = payOff(speeds);
  const list = speeds.map(({ batch, ratio }) => `${short(ratio)} at batch ${batch}`).join(', ');
  const message = `${short(observed)} times as fast as fp32 (${list}), at least ${minSpeedup} is asked for`;
  return check('speedup', observed >= minSpeedup ? 'pass' : 'fail', observed, minSpeedup, message);
}
