export interface Compared {
  /** Mean loss of the rows by their weights. */
  readonly loss: number;
  /** How much more than the least mean loss, and the standard error of that, of the paired rows. */
  readonly difference: number;
  readonly error: number;
}

/**
 * Which of several models, the simplest first, is chosen by the losses of the same rows: the simplest one whose mean is within one standard error of the
 * least. Losses must be finite (Breiman et al. 1984, "Classification and regression trees", 3.4.3; of paired differences).
 */
export function chooseSimplest(
  losses: readonly Float64Array[],
  weights: Float64Array | null,
): { chosen: number; compared: readonly Compared[] } {
  const means = losses.map((of) => weightedMean(of, weights));
  const best = means.indexOf(Math.min(...means));
  const compared = losses.map((of, at) => {
    const differences = of.map((loss, row) => loss - losses[best]![row]!);
    const mean = weightedMean(differences, weights);
    return { loss: means[at]!, difference: mean, error: standardError(differences, mean, weights) };
  });
  return { chosen: compared.findIndex(({ difference, error }) => difference <= error), compared };
}

function weightedMean(values: Float64Array, weights: Float64Array | null): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    const weight = weights?.[row] ?? 1;
    sum += weight * values[row]!;
    total += weight;
  }
  return sum / total;
}

/** Of a weighted mean: `sqrt(sum w^2 (x - mean)^2) / sum w`. */
function standardError(values: Float64Array, mean: number, weights: Float64Array | null): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    const weight = weights?.[row] ?? 1;
    sum += (weight * (values[row]! - mean)) ** 2;
    total += weight;
  }
  return Math.sqrt(sum) / total;
}
