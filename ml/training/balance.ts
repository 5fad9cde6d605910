interface Weighted {
  /** The index of each row's class. */
  readonly trainLabels: Float64Array;
  readonly validationLabels: Float64Array;
  readonly trainWeights: Float64Array | null;
  readonly validationWeights: Float64Array | null;
}

/**
 * Weights with which the training rows of each of K classes weigh the same together: those of the rows, times `W / (K W_k)` for the weight W of all
 * training rows and W_k of the class's (King and Zeng 2001). Validation rows get the same factors; those of a class without training rows stay.
 */
export function balancedWeights({ trainLabels, validationLabels, trainWeights, validationWeights }: Weighted): {
  readonly trainWeights: Float64Array;
  readonly validationWeights: Float64Array;
} {
  const sums = new Map<number, number>();
  for (const [row, label] of trainLabels.entries()) {
    const weight = trainWeights?.[row] ?? 1;
    if (weight > 0) sums.set(label, (sums.get(label) ?? 0) + weight);
  }
  const all = [...sums.values()].reduce((sum, weight) => sum + weight, 0);
  const factors = new Map([...sums].map(([label, weight]) => [label, all / (sums.size * weight)]));
  const times = (labels: Float64Array, weights: Float64Array | null): Float64Array =>
    labels.map((label, row) => (weights?.[row] ?? 1) * (factors.get(label) ?? 1));
  return {
    trainWeights: times(trainLabels, trainWeights),
    validationWeights: times(validationLabels, validationWeights),
  };
}
