import { meanAboveEvidence, meanTest } from './bounded-mean.ts';
import type { ValueCount } from './bounded-mean.ts';

/** Labelled requests that both versions answered. */
export interface PairedCounts {
  readonly labels: number;
  /** Champion right, canary wrong. */
  readonly worse: number;
  /** Champion wrong, canary right. */
  readonly better: number;
  /**
   * Requests that were to be paired and are not among `labels`: mirrors dropped under load, labels that never came.
   *
   * @default 0
   */
  readonly missing?: number;
  /**
   * Of losses in [0, 1] that are not just 0 or 1: pairs by the step, of `1 / steps`, at whose lower end the canary's loss less the champion's lies.
   *
   * @default every pair is worse, better or equal
   */
  readonly differences?: readonly (readonly [step: number, pairs: number])[];
  readonly steps?: number;
}

const range = { low: -1, high: 1 };

/**
 * Bets as shares of the largest that cannot go broke: small ones find small effects late, large ones large effects soon.
 * Evenly mixed: of 4 % discordant pairs, more weight on the middle ones finds a loss of 1 point in 2 to 4 % fewer
 * labels, and losses of 2 to 4 points in 1 to 13 % more (medians of 1,000 simulated streams).
 */
const bets = [0.1, 0.2, 0.3, 0.45, 0.7];

/** D = canary's loss minus champion's, counted: 1, -1 and 0, or the lower ends of steps; a missing one as -1. */
const losses = ({ labels, worse, better, missing = 0, differences, steps = 1 }: PairedCounts): ValueCount[] =>
  differences === undefined
    ? wholeLosses({ labels, worse, better, missing })
    : [
        ...differences.map(([step, count]) => ({ value: Math.max(-1, step / steps), count })),
        { value: -1, count: missing },
      ];

const wholeLosses = ({ labels, worse, better, missing = 0 }: PairedCounts): ValueCount[] => [
  { value: 1, count: worse },
  { value: -1, count: better + missing },
  // The planner's expected counts are fractions, whose difference may be just below 0.
  { value: 0, count: Math.max(0, labels - worse - better) },
];

/**
 * e-process against "the canary loses at most `tolerated` of accuracy", on the same requests.
 *
 * D is 1 where only the champion was right, -1 where only the canary was, else 0, so that its mean is the loss; of numbers it is the
 * difference of the bounded errors, rounded in the canary's favour. The
 * evidence is `meanAboveEvidence` of D. With tolerated = 0 only discordant pairs count. Each missing pair counts as a
 * gain of 1: for any pair, the evidence is never greater than the complete pairs' would be, so that its chance
 * to fire wrongly stays at most alpha whichever pairs are missing, and whenever labels come. `tolerated` in (-1, 1);
 * negative asks the canary to gain. Source: Waudby-Smith and Ramdas 2024, arXiv 2010.09686.
 */
export const pairedLossEvidence = (counts: PairedCounts, tolerated: number): number =>
  meanAboveEvidence(losses(counts), range, tolerated, bets);

/** `pairedLossEvidence` for many looks at how many pairs were worse, better and the same, none missing. */
export const pairedLossTest = (tolerated: number): ((counts: ArrayLike<number>) => number) =>
  meanTest([1, -1, 0], range, tolerated, 1, bets);

/** `pairedNonInferiorityEvidence` in the same way. */
export const pairedNonInferiorityTest = (margin: number): ((counts: ArrayLike<number>) => number) =>
  meanTest([-1, 1, 0], range, -margin, 1, bets);

/**
 * e-process against "the canary loses `margin` of accuracy or more": what convinces that it is not worse by that much.
 * It is `pairedLossEvidence` with the roles exchanged: each missing pair counts as a loss of 1.
 */
export const pairedNonInferiorityEvidence = (counts: PairedCounts, margin: number): number =>
  pairedLossEvidence(exchanged(counts), -margin);

/** With the roles exchanged: steps are rounded against the canary then, at their upper ends. */
const exchanged = ({ worse, better, differences, ...counts }: PairedCounts): PairedCounts => ({
  ...counts,
  worse: better,
  better: worse,
  ...(differences === undefined
    ? {}
    : { differences: differences.map(([step, pairs]) => [-step - 1, pairs] as const) }),
});
