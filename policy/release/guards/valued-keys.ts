import { partsPerStep, valueSteps, type ValuedKeys, type ValueRange } from '../../../contracts/evidence/values.ts';
import type { ReleasePolicy } from '../../../contracts/release/release-policy.ts';
import type { ValueGuard } from '../../../contracts/release/value-policy.ts';
import { asymptoticMeanInterval } from '../../../ml/sequential/asymptotic-mean.ts';
import { liveValues, type ValueDesign } from '../../../ml/sequential/live-value.ts';
import { short } from '../../check.ts';
import { shareLimits } from './share-limits.ts';

/** What is fixed before the first value comes; null where no share lets both versions answer. */
export function valueDesign(policy: ReleasePolicy, { from, to, usual }: ValueGuard): ValueDesign | null {
  const limits = shareLimits(policy);
  return limits === null ? null : { ...limits, centre: ((usual ?? from) - from) / (to - from) };
}

/** As `valueDesign`, before the bake: without its holdback's share the range is narrower, and fewer values are needed. */
export const proofDesign = (policy: ReleasePolicy, guard: ValueGuard): ValueDesign | null =>
  valueDesign({ ...policy, holdback: 0 }, guard);

/** Fall of the mean that is harm, in the unit of the value: the margin beyond what the guard tolerates. */
export const harmfulFall = ({ maxLoss }: ValueGuard, margin: number): number => maxLoss + margin;

/** A fall of the mean as a share of the range. */
export const shareOfRange = ({ from, to }: ValueRange, fall: number): number => Math.min(1, fall / (to - from));

/** Keys with a value. */
export const valueCountOf = (keys: readonly ValuedKeys[]): number =>
  keys.reduce((sum, { values }) => sum + values.reduce((of, [, count]) => of + count, 0), 0);

/** Of live keys with a value, for a sentence: the mean of each arm, about how much it falls, and how many values were cut off. */
export function valueDifference(keys: readonly ValuedKeys[], policy: ReleasePolicy, guard: ValueGuard): string {
  const said = (['canary', 'champion'] as const).map((arm) => {
    const of = keys.filter((one) => one.arm === arm);
    const count = valueCountOf(of);
    return count === 0 ? `no values of the ${arm}` : `${arm} ${short(meanOf(of, guard))} on average of ${count}`;
  });
  const outside = keys.reduce((sum, one) => sum + one.outside, 0);
  const cut =
    outside === 0 ? '' : `, ${outside} outside ${short(guard.from)} to ${short(guard.to)} counted as the nearer end`;
  return `${said.join(', ')}${approximateFall(keys, policy, guard)}${cut}`;
}

function meanOf(keys: readonly ValuedKeys[], { from, to }: ValueRange): number {
  const steps = keys.reduce(
    (sum, { values }) =>
      sum + values.reduce((of, [step, count, low, high]) => of + step * count + (low + high) / (2 * partsPerStep), 0),
    0,
  );
  return from + ((to - from) * steps) / (valueSteps * valueCountOf(keys));
}

/** The asymptotic interval decides nothing: at small shares it misses more often than it says. */
function approximateFall(keys: readonly ValuedKeys[], policy: ReleasePolicy, guard: ValueGuard): string {
  const design = valueDesign(policy, guard);
  if (design === null) return '';
  const { lower, upper } = asymptoticMeanInterval(liveValues(keys, design, 'loss').counts, policy.alpha, bestValues);
  if (!Number.isFinite(lower) || !Number.isFinite(upper)) return '';
  const width = guard.to - guard.from;
  return `, a fall of approximately ${short(-upper * width)} to ${short(-lower * width)}, by share`;
}
/** Values around which the interval is narrowest. */
const bestValues = 2_000;
