/** Two answers are the same where they differ by at most this share of the reference's mean absolute error. */
const sameShare = 0.1;

/** By how much two numbers may differ and be the same as far as it matters, in the target's unit: by the reference's answers. */
export const sameWithin = (truth: Float64Array, reference: Float64Array): number =>
  (sameShare * truth.reduce((sum, label, row) => sum + Math.abs(reference[row]! - label), 0)) / truth.length;
