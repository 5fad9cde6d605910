/** Rows of one bin of predicted probabilities. */
export interface CalibrationBin {
  readonly rows: number;
  /** Mean predicted probability of the positive label. */
  readonly predicted: number;
  /** Share of positive labels. */
  readonly observed: number;
  /** Variance of `observed - predicted` if every probability were right: `sum p (1 - p) / rows^2`. */
  readonly noise: number;
}

interface Sums {
  rows: number;
  predicted: number;
  observed: number;
  noise: number;
}

const emptySums = (): Sums => ({ rows: 0, predicted: 0, observed: 0, noise: 0 });

function add(sums: Sums, probability: number, label: number, weight: number): void {
  sums.rows += weight;
  sums.predicted += weight * probability;
  sums.observed += weight * label;
  sums.noise += weight * probability * (1 - probability);
}

const finish = (bins: readonly Sums[]): CalibrationBin[] =>
  bins
    .filter((bin) => bin.rows > 0)
    .map(({ rows, predicted, observed, noise }) => ({
      rows,
      predicted: predicted / rows,
      observed: observed / rows,
      noise: noise / (rows * rows),
    }));

/** Bins `[k / count, (k + 1) / count)`, the last one closed; empty bins are left out. `weights` count rows so many times. */
export function equalWidthBins(
  labels: Uint8Array,
  probability: Float64Array,
  count = 15,
  weights?: ArrayLike<number>,
): CalibrationBin[] {
  const bins = Array.from({ length: count }, emptySums);
  for (let row = 0; row < labels.length; row++) {
    const p = probability[row] ?? 0;
    const bin = bins[Math.min(count - 1, Math.max(0, Math.floor(p * count)))];
    const weight = weights === undefined ? 1 : (weights[row] ?? 0);
    if (bin !== undefined && weight > 0) add(bin, p, labels[row] ?? 0, weight);
  }
  return finish(bins);
}
