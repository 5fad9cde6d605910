import type { LabelledKeys } from '../../contracts/evidence/release.ts';
import { meanAboveEvidence, meanBelowEvidence, meanTest, type ValueCount } from './bounded-mean.ts';
import {
  decisionAt,
  inversePropensityCounts,
  looseLimits,
  missingAtWorst,
  steppedOutcomes,
} from './inverse-propensity.ts';
import type { DifferenceCounts, OutcomeCount, ShareLimits } from './inverse-propensity.ts';

/**
 * Inverse-propensity values whose mean is the accuracy that the canary loses on live requests: a wrong answer counts as 1 / w on the
 * canary, -1 / (1 - w) on the champion, a right one as 0. Wrong answers are counted as they are the rarer ones: the mean is the same,
 * the variance is `error / w` and not `accuracy / w`. Keys at a share outside the limits, by which nobody planned, are left out.
 *
 * Losses of numbers lie between two steps, and count in parts as both ends of theirs: see `liveValues`, and for `toShow` too.
 *
 * `missing`: keys without a label are left out too, or count at the worst or the best for the canary. Left out, the mean is the loss on
 * labelled requests, as long as a label comes as often whichever version answered.
 */
export function liveLosses(
  keys: readonly LabelledKeys[],
  planned: ShareLimits,
  missing: 'out' | 'worst' | 'best' = 'out',
  toShow: 'loss' | 'kept' = 'loss',
): DifferenceCounts {
  const limits = looseLimits(planned);
  const outcomes: OutcomeCount[] = [];
  for (const { share, arm, right, wrong, missing: absent, losses } of keys) {
    if (share < limits.least || share > limits.greatest) continue;
    if (losses === undefined)
      outcomes.push({ share, arm, value: 1, count: wrong }, { share, arm, value: 0, count: right });
    else outcomes.push(...steppedOutcomes(losses.steps, { share, arm }, (arm === 'champion') === (toShow === 'loss')));
    if (missing !== 'out' && absent > 0)
      for (const counted of missingAtWorst([{ share, arm, count: absent }], decisionAt(missing)))
        outcomes.push({ share, arm, count: absent, value: 1 - counted.value });
  }
  return inversePropensityCounts(outcomes, limits);
}

/**
 * e-process against "the canary loses at most `tolerated` of accuracy on live requests", `tolerated` in [0, 1]: see
 * `meanAboveEvidence`, which has the source too. Its range follows from the limits, declared before the first label.
 */
export function liveLossEvidence(
  keys: readonly LabelledKeys[],
  limits: ShareLimits,
  tolerated: number,
  missing: 'out' | 'best' = 'out',
): number {
  const { counts, range } = liveLosses(keys, limits, missing);
  return meanAboveEvidence(some(counts), range, tolerated);
}

/** e-process against "the canary loses `margin` of accuracy or more on live requests", `margin` in [0, 1]. */
export function liveNonInferiorityEvidence(
  keys: readonly LabelledKeys[],
  limits: ShareLimits,
  margin: number,
  missing: 'out' | 'worst' = 'out',
): number {
  const { counts, range } = liveLosses(keys, limits, missing, 'kept');
  return meanBelowEvidence(some(counts), range, margin);
}

/** Keys of an arm: `known` of them have a label, and `events` of these a wrong answer. */
interface LiveCount {
  readonly keys: number;
  readonly known: number;
  readonly events: number;
}
/** Counts by step, in the order of the shares that a test was made for. */
type LiveCells = readonly { readonly canary: LiveCount; readonly champion: LiveCount }[];

/**
 * `liveLossEvidence` (side 1) or `liveNonInferiorityEvidence` (side -1) for many looks at the same shares. Keys without a label count against
 * what is asked: wrong on the canary and right on the champion for promotion, the other way round for a guard. So do `young` keys more, of
 * the last share that has any.
 */
export function liveTest(
  shares: readonly number[],
  limits: ShareLimits,
  limit: number,
  side: 1 | -1,
): (cells: LiveCells, young?: number) => number {
  const { range } = liveLosses([], limits);
  const within = shares.flatMap((share, at) => (share > 0 && share < 1 ? [at] : []));
  const values = within.flatMap((at) => [1 / (shares[at] ?? 1), -1 / (1 - (shares[at] ?? 0)), 0]);
  const test = meanTest(values, range, limit, side);
  const counts = new Float64Array(values.length);
  return (cells, young = 0) => {
    const last = within.findLast((at) => isBegun(cells[at]));
    for (let at = 0; at < within.length; at++) {
      const step = within[at] ?? 0;
      const cell = cells[step];
      if (cell === undefined) continue;
      const { canary, champion } = cell;
      const more = step === last ? young : 0;
      const share = shares[step] ?? 0;
      const absent = {
        canary: canary.keys - canary.known + share * more,
        champion: champion.keys - champion.known + (1 - share) * more,
      };
      const wrong = canary.events + (side === 1 ? 0 : absent.canary);
      const wrongBefore = champion.events + (side === 1 ? absent.champion : 0);
      counts[3 * at] = wrong;
      counts[3 * at + 1] = wrongBefore;
      counts[3 * at + 2] = canary.keys + champion.keys + more - wrong - wrongBefore;
    }
    return test(counts);
  };
}

/** Whether any key came at a share. */
export const isBegun = (cell: LiveCells[number] | undefined): boolean =>
  cell !== undefined && cell.canary.keys + cell.champion.keys > 0;

const some = (counts: readonly ValueCount[]): ValueCount[] => counts.filter(({ count }) => count > 0);
