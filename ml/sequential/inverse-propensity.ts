import type { Arm } from '../../contracts/release/arm.ts';
import { partsPerStep, valueSteps, type SteppedValues } from '../../contracts/evidence/values.ts';
import type { ValueBounds, ValueCount } from './bounded-mean.ts';

/** Keys of one arm, assigned at one share, with the same outcome. */
export interface OutcomeCount {
  /** The canary's share when the keys were assigned, in [0, 1]. */
  readonly share: number;
  readonly arm: Arm;
  /** In [0, 1]. */
  readonly value: number;
  readonly count: number;
}

/** Shares are logged, and one less than 1 is not always what was taken away. */
const rounding = 1e-9;

/** Limits that also take shares which were logged with a rounding error. */
export const looseLimits = ({ least, greatest }: ShareLimits): ShareLimits => ({
  least: least * (1 - rounding),
  greatest: greatest + (1 - greatest) * rounding,
});

/** Least and greatest share at which the release compares its arms, both in (0, 1), declared before it begins. */
export interface ShareLimits {
  readonly least: number;
  readonly greatest: number;
}

export interface DifferenceCounts {
  readonly counts: readonly ValueCount[];
  readonly range: ValueBounds;
}

/**
 * Inverse-propensity values of the difference canary minus champion, for the functions of bounded-mean: `value / w` for
 * a canary's key at share w, `-value / (1 - w)` for a champion's.
 *
 * Given its share, each key's value has the mean "outcome of the key on the canary less its outcome on the champion",
 * through ramps and shared drifts; the estimand is that, on average over the keys compared. The range
 * [-1 / (1 - greatest), 1 / least] follows from the plan, not from the data. A `centre` in [0, 1], fixed beforehand and taken off
 * every outcome, changes neither the mean nor that the range is known; the values vary least where it is near the outcomes' mean. Shares 0
 * and 1 compare nothing and are left out. Equal values are counted together and sorted. Throws RangeError for an outcome or a centre outside [0, 1], and a share
 * outside the limits. Source: Waudby-Smith et al. 2022, arXiv 2210.10768.
 */
export function inversePropensityCounts(
  outcomes: readonly OutcomeCount[],
  limits: ShareLimits,
  centre = 0,
): DifferenceCounts {
  const { least, greatest } = limits;
  if (!(least > 0 && least <= greatest && greatest < 1)) {
    throw new RangeError(`shares from ${least} to ${greatest}: both must be in (0, 1) and in order`);
  }
  if (!(centre >= 0 && centre <= 1)) throw new RangeError(`a centre of ${centre} outside [0, 1]`);
  const totals = new Map<number, number>();
  for (const { share, arm, value, count } of outcomes) {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`an outcome of ${value} outside [0, 1]`);
    if (share === 0 || share === 1) continue;
    if (!(share >= least && share <= greatest)) {
      throw new RangeError(`a share of ${share} outside the declared ${least} to ${greatest}`);
    }
    const off = value - centre;
    const weighted = off === 0 ? 0 : arm === 'canary' ? off / share : -off / (1 - share);
    totals.set(weighted, (totals.get(weighted) ?? 0) + count);
  }
  const counts = [...totals].map(([value, count]) => ({ value, count })).toSorted((a, b) => a.value - b.value);
  const range = {
    low: Math.min(-centre / least, -(1 - centre) / (1 - greatest)),
    high: Math.max((1 - centre) / least, centre / (1 - greatest)),
  };
  return { counts, range };
}

/**
 * Values between two steps, in parts as both ends of their step, with themselves as their mean: the logarithm of a bet's wealth is concave in the
 * value, so that the evidence is never more than that of the values. Themselves they are rounded up or down.
 */
export function steppedOutcomes(
  steps: readonly SteppedValues[],
  of: Pick<OutcomeCount, 'share' | 'arm'>,
  isUp: boolean,
): OutcomeCount[] {
  return steps.flatMap(([step, count, low, high]) => {
    const above = (isUp ? high : low) / partsPerStep;
    const below = { ...of, value: step / valueSteps, count: count - above };
    return above > 0 ? [below, { ...of, value: (step + 1) / valueSteps, count: above }] : [below];
  });
}

/** What keys count against that are at the worst, or the best, for the canary. */
export const decisionAt = (missing: 'worst' | 'best'): 'promotion' | 'rollback' =>
  missing === 'worst' ? 'promotion' : 'rollback';

/**
 * Outcomes for keys whose label never came, at the worst for what is to be decided, where greater outcomes are better:
 * against promotion the canary's are 0 and the champion's 1, against rollback the other way round.
 */
export const missingAtWorst = (
  missing: readonly Omit<OutcomeCount, 'value'>[],
  against: 'promotion' | 'rollback',
): OutcomeCount[] =>
  missing.map((keys) => ({ ...keys, value: (keys.arm === 'champion') === (against === 'promotion') ? 1 : 0 }));
