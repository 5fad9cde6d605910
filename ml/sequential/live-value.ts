import type { ValuedKeys } from '../../contracts/evidence/values.ts';
import { meanAboveEvidence, meanBelowEvidence } from './bounded-mean.ts';
import {
  decisionAt,
  inversePropensityCounts,
  looseLimits,
  missingAtWorst,
  steppedOutcomes,
} from './inverse-propensity.ts';
import type { DifferenceCounts, OutcomeCount, ShareLimits } from './inverse-propensity.ts';

/** What the range of the values and their inverse shares follow from, all of it declared before the first value. */
export interface ValueDesign extends ShareLimits {
  /** Of values in [0, 1], the one that is taken off each. @default 0 */
  readonly centre?: number;
}

/** What the values are to speak for, which they must never do more than they would to the last digit. */
type ToShow = 'loss' | 'kept';

/**
 * Inverse-propensity values whose mean is "mean value on the canary less mean value on the champion" on live requests, in shares of
 * the declared range: a value v counts as y = (v - from) / (to - from), less the centre c, over w on the canary and over -(1 - w) on the
 * champion. The variance is about the mean of (y - c)^2 over the share, so that c should be where most values lie: many kinds of value are
 * mostly `from` (no sale, no minute saved), which is what c = 0 says. It is fixed beforehand, as bets may not be chosen by what
 * they are made on. Keys at a share outside the limits, by which nobody planned, are left out.
 *
 * A value between two steps counts in parts as both ends of its step, with itself as their mean: the logarithm of a bet's wealth is
 * concave in the value, so that the evidence is never more than that of the value itself, for either question. Itself is rounded to the
 * side that speaks less. At an end of a step nothing is lost, and elsewhere at most a millionth of the range.
 *
 * `missing`: keys without a value are left out too, or count at the worst or the best for the canary. Left out, the mean is the difference on
 * requests with a value, as long as a value comes as often whichever version answered.
 */
export function liveValues(
  keys: readonly ValuedKeys[],
  { centre = 0, ...planned }: ValueDesign,
  toShow: ToShow,
  missing: 'out' | 'worst' | 'best' = 'out',
): DifferenceCounts {
  const limits = looseLimits(planned);
  const outcomes: OutcomeCount[] = [];
  for (const { share, arm, values, missing: absent } of keys) {
    if (share < limits.least || share > limits.greatest) continue;
    const isUp = (arm === 'canary') === (toShow === 'loss');
    outcomes.push(...steppedOutcomes(values, { share, arm }, isUp));
    if (missing !== 'out') outcomes.push(...missingAtWorst([{ share, arm, count: absent }], decisionAt(missing)));
  }
  const { counts, range } = inversePropensityCounts(outcomes, limits, centre);
  return { counts: counts.filter(({ count }) => count > 0), range };
}

/**
 * e-process against "the mean value falls by at most `tolerated` on the canary's live requests", `tolerated` in [0, 1] of the range.
 * Sources: Waudby-Smith et al. 2022, arXiv 2210.10768 (inverse propensities), Waudby-Smith and Ramdas 2024, arXiv 2010.09686 (bets).
 * See `liveValues` for what is counted, and `meanBelowEvidence` for what holds.
 */
export function valueLossEvidence(
  keys: readonly ValuedKeys[],
  design: ValueDesign,
  tolerated: number,
  missing: 'out' | 'best' = 'out',
): number {
  const { counts, range } = liveValues(keys, design, 'loss', missing);
  return meanBelowEvidence(counts, range, -tolerated);
}

/** e-process against "the mean value falls by `margin` or more on the canary's live requests", `margin` in [0, 1] of the range. */
export function valueKeptEvidence(
  keys: readonly ValuedKeys[],
  design: ValueDesign,
  margin: number,
  missing: 'out' | 'worst' = 'out',
): number {
  const { counts, range } = liveValues(keys, design, 'kept', missing);
  return meanAboveEvidence(counts, range, -margin);
}
