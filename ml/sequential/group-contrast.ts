import { bettingInterval, meanAboveEvidence, meanBelowEvidence, type ValueCount } from './bounded-mean.ts';
import type { DifferenceCounts } from './inverse-propensity.ts';
import type { PairedCounts } from './paired.ts';
import type { Interval } from '../statistics/proportion.ts';

/**
 * A group's differences canary minus champion of a rate: by `pairedDifference` where both versions answered the same
 * requests, else by `inversePropensityCounts`. For TPR or FPR the caller counts only requests whose label is positive or
 * negative: the label must not depend on which version answered, and those without a label are not spoken for.
 */
export interface GroupDifference extends DifferenceCounts {
  readonly group: string;
  /**
   * How much greater a value may be than what it was counted as.
   *
   * @default 0
   */
  readonly step?: number;
}

/**
 * Differences of `paired`: 1 where only the canary did (or was right), -1 where only the champion, in [-1, 1]; of losses the canary's less the
 * champion's, at the lower ends of their steps.
 */
export const pairedDifference = ({
  labels,
  worse,
  better,
  differences,
  steps = 1,
}: PairedCounts): Omit<GroupDifference, 'group'> => ({
  ...(differences === undefined ? {} : { step: 1 / steps }),
  counts: differences?.map(([at, count]) => ({ value: at / steps, count })) ?? [
    { value: 1, count: better },
    { value: -1, count: worse },
    { value: 0, count: labels - worse - better },
  ],
  range: { low: -1, high: 1 },
});

/** Whether a group is large enough to be judged. */
export type Certainty = 'conclusive' | 'inconclusive';

export interface GroupContrast extends Interval {
  readonly group: string;
  readonly against: string;
  /** The chance that this interval misses is at most this, over all looks. */
  readonly alpha: number;
  /** Inconclusive where either group is below the minimum; the interval holds all the same. */
  readonly certainty: Certainty;
}

/**
 * Per pair of groups, in the order given, the interval of "(canary - champion) in `group` less (canary - champion) in
 * `against`", the change of the rate's gap: 0 where the canary treats the two as the champion did.
 *
 * All intervals hold together, at all looks, with a chance of at least 1 - alpha: each pair has alpha / pairs, half of it
 * for each group's `bettingInterval` (union bound), whose ends are subtracted. `minimum` is in labelled requests.
 * Estimand and unit: a difference of differences of a rate, in [-2, 2] when paired. Source: Waudby-Smith and Ramdas 2024,
 * arXiv 2010.09686.
 */
export function groupContrasts(groups: readonly GroupDifference[], alpha: number, minimum: number): GroupContrast[] {
  const pairs = (groups.length * (groups.length - 1)) / 2;
  if (pairs === 0) return [];
  const intervals = groups.map((group) => steppedInterval(group, alpha / pairs / 2));
  return groups.flatMap((one, first) =>
    groups.slice(first + 1).flatMap((other, offset): GroupContrast[] => {
      const [here, there] = [intervals[first], intervals[first + 1 + offset]];
      if (here === undefined || there === undefined) return [];
      const small = Math.min(sizeOf(one), sizeOf(other)) < minimum;
      return [
        {
          group: one.group,
          against: other.group,
          alpha: alpha / pairs,
          certainty: small ? 'inconclusive' : 'conclusive',
          estimate: here.estimate - there.estimate,
          lower: here.lower - there.upper,
          upper: here.upper - there.lower,
        },
      ];
    }),
  );
}

/** Both ends hold for the values themselves; the estimate is that of the middles of their steps. */
function steppedInterval({ counts, range, step = 0 }: GroupDifference, alpha: number): Interval {
  const { estimate, lower, upper } = bettingInterval(counts, range, alpha);
  return { estimate: estimate + step / 2, lower, upper: Math.min(range.high, upper + step) };
}

/** Each value as great as it may be. */
const greatest = ({ counts, range, step = 0 }: GroupDifference): readonly ValueCount[] =>
  step === 0 ? counts : counts.map(({ value, count }) => ({ value: Math.min(range.high, value + step), count }));

export interface GroupHarm {
  readonly group: string;
  /** Labelled requests. */
  readonly size: number;
  readonly certainty: Certainty;
  /** e-process against "the group is worse by at most the margin". Fire at groups / alpha. */
  readonly harm: number;
  /** e-process against "the group is worse by the margin or more". Every group must reach 1 / alpha: no correction. */
  readonly noHarm: number;
}

/**
 * "No group worse by more than `margin`", per group: worse is a rate of the canary below the champion's where `good` is
 * high (TPR, accuracy), above it where it is low (FPR). `margin` is from 0, within the range of the differences. See
 * `meanAboveEvidence` for the guarantee. A value in a step counts as the end that speaks less.
 */
export function groupHarms(
  groups: readonly GroupDifference[],
  margin: number,
  good: 'high' | 'low',
  minimum: number,
): GroupHarm[] {
  return groups.map((difference) => {
    const { group, counts, range } = difference;
    const size = sizeOf(difference);
    const limit = good === 'high' ? -margin : margin;
    const above = meanAboveEvidence(counts, range, limit);
    const below = meanBelowEvidence(greatest(difference), range, limit);
    const [harm, noHarm] = good === 'high' ? [below, above] : [above, below];
    return { group, size, certainty: size < minimum ? 'inconclusive' : 'conclusive', harm, noHarm };
  });
}

const sizeOf = ({ counts }: GroupDifference): number => counts.reduce((sum, { count }) => sum + count, 0);
