import { meanAboveEvidence, meanBelowEvidence, meanTest } from './bounded-mean.ts';
import type { ValueCount } from './bounded-mean.ts';

/** Requests that a quantized model and its fp32 reference (or any canary and champion) both answered; no label is needed. */
export interface AgreementCounts {
  /** Requests that both answered. */
  readonly pairs: number;
  /** Of these, the ones with different answers. */
  readonly disagree: number;
  /** Requests that both should have answered, and one did not. */
  readonly missing: number;
}

const rateRange = { low: 0, high: 1 };
const shiftRange = { low: -1, high: 1 };

const disagreements = (pairs: number, disagree: number): ValueCount[] => [
  { value: 1, count: disagree },
  { value: 0, count: pairs - disagree },
];

/**
 * e-process against "the rate of disagreement is at most `limit`" (harm), `limit` in [0, 1]. Missing pairs count as
 * agreements. See `meanAboveEvidence`.
 */
export const disagreementEvidence = ({ pairs, disagree, missing }: AgreementCounts, limit: number): number =>
  meanAboveEvidence(disagreements(pairs + missing, disagree), rateRange, limit);

/**
 * e-process against "the rate of disagreement is `limit` or more" (what convinces that the pairs agree). Missing pairs
 * count as disagreements. See `meanBelowEvidence`.
 */
export const agreementEvidence = ({ pairs, disagree, missing }: AgreementCounts, limit: number): number =>
  meanBelowEvidence(disagreements(pairs + missing, disagree + missing), rateRange, limit);

/** A test for many looks at how often each of some outcomes came, in one order. */
export type OutcomeTest = (counts: ArrayLike<number>) => number;

/** `disagreementEvidence` for many looks at how many keys got different answers, not both, and the same. */
export const disagreementTest = (limit: number): OutcomeTest => meanTest([1, 0, 0], rateRange, limit, 1);

/** `agreementEvidence` in the same way. */
export const agreementTest = (limit: number): OutcomeTest => meanTest([1, 1, 0], rateRange, limit, -1);

/** Differences of scores, canary minus champion, each in [-1, 1], of the same requests. */
export interface ShiftCounts {
  readonly differences: readonly ValueCount[];
  /** Requests that both should have scored, and one did not. */
  readonly missing: number;
}

/**
 * e-process against "the mean shift of the score is within `limit` of 0" (harm): the even mixture of a shift upwards by
 * more and one downwards by more. Missing pairs count as the strongest shift the other way. `limit` in [0, 1]. Throws
 * RangeError for a difference outside [-1, 1].
 */
export function scoreShiftEvidence({ differences, missing }: ShiftCounts, limit: number): number {
  const up = meanAboveEvidence([...differences, { value: -1, count: missing }], shiftRange, limit);
  const down = meanBelowEvidence([...differences, { value: 1, count: missing }], shiftRange, -limit);
  return up / 2 + down / 2;
}

/** As `ShiftCounts`, counted in steps: by number n, differences from n / steps to below (n + 1) / steps. */
export interface SteppedShifts {
  readonly differences: readonly (readonly [step: number, count: number])[];
  /** Steps per unit of the score. */
  readonly steps: number;
  readonly missing: number;
}

/**
 * `scoreShiftEvidence` of differences that are known to a step: against either shift each counts by the end of its step that speaks
 * less for it, so that the evidence is never more than that of the differences themselves. It costs at most a step of the
 * mean.
 */
export function steppedShiftEvidence(shifts: SteppedShifts, limit: number): number {
  const { missing } = shifts;
  const up = meanAboveEvidence([...stepEnds(shifts, 0), { value: -1, count: missing }], shiftRange, limit);
  const down = meanBelowEvidence([...stepEnds(shifts, 1), { value: 1, count: missing }], shiftRange, -limit);
  return up / 2 + down / 2;
}

/**
 * e-process against "the mean shift of the score is `margin` or more, up or down" (what convinces that it is not): the
 * smaller of the evidence against either, as both have to be rejected (intersection-union). Missing pairs count as the
 * strongest shift each way. `margin` in (0, 1).
 */
export function scoreStabilityEvidence({ differences, missing }: ShiftCounts, margin: number): number {
  const notUp = meanBelowEvidence([...differences, { value: 1, count: missing }], shiftRange, margin);
  const notDown = meanAboveEvidence([...differences, { value: -1, count: missing }], shiftRange, -margin);
  return Math.min(notUp, notDown);
}

/** `scoreStabilityEvidence` of differences that are known to a step, each by the end of its step that speaks less for stability. */
export function steppedStabilityEvidence(shifts: SteppedShifts, margin: number): number {
  const { missing } = shifts;
  const notUp = meanBelowEvidence([...stepEnds(shifts, 1), { value: 1, count: missing }], shiftRange, margin);
  const notDown = meanAboveEvidence([...stepEnds(shifts, 0), { value: -1, count: missing }], shiftRange, -margin);
  return Math.min(notUp, notDown);
}

/** `steppedShiftEvidence` for many looks at how many differences were in each of these steps, and how many were missing. */
export function shiftTest(at: readonly number[], steps: number, limit: number): OutcomeTest {
  const up = meanTest([...endsOf(at, steps, 0), -1], shiftRange, limit, 1);
  const down = meanTest([...endsOf(at, steps, 1), 1], shiftRange, -limit, -1);
  return (counts) => up(counts) / 2 + down(counts) / 2;
}

/** `steppedStabilityEvidence` in the same way. */
export function stabilityTest(at: readonly number[], steps: number, margin: number): OutcomeTest {
  const notUp = meanTest([...endsOf(at, steps, 1), 1], shiftRange, margin, -1);
  const notDown = meanTest([...endsOf(at, steps, 0), -1], shiftRange, -margin, 1);
  return (counts) => Math.min(notUp(counts), notDown(counts));
}

/** Each difference as the lower (0) or upper (1) end of its step. */
const stepEnds = ({ differences, steps }: SteppedShifts, end: 0 | 1): ValueCount[] =>
  differences.map(([step, count]) => ({ value: endOf(step, steps, end), count }));

const endsOf = (at: readonly number[], steps: number, end: 0 | 1): number[] =>
  at.map((step) => endOf(step, steps, end));
const endOf = (step: number, steps: number, end: 0 | 1): number => Math.min(1, (step + end) / steps);
