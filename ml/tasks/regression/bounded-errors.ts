/** The absolute error of each row by the cap, at most 1. */
export const boundedErrors = (truth: Float64Array, answer: Float64Array, cap: number): Float64Array =>
  truth.map((label, row) => Math.min(1, Math.abs(answer[row]! - label) / cap));
