import type { CalibrationBin } from './bins.ts';

export interface BrierDecomposition {
  /** Squared gap of prediction and outcome by bin, 0 is calibrated. */
  readonly reliability: number;
  /** Variance of the outcome between bins: more is better, at most `uncertainty`. */
  readonly resolution: number;
  /** Variance of the outcome itself, the Brier score of always predicting the base rate. */
  readonly uncertainty: number;
}

/**
 * `Brier = reliability - resolution + uncertainty` (Murphy 1973), exact where all predictions of a bin are equal; otherwise the
 * variance of predictions within bins is left over. Null without rows.
 */
export function decomposeBrier(bins: readonly CalibrationBin[]): BrierDecomposition | null {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  if (rows === 0) return null;
  const mean = (of: (bin: CalibrationBin) => number) => bins.reduce((sum, bin) => sum + (bin.rows / rows) * of(bin), 0);
  const base = mean((bin) => bin.observed);
  return {
    reliability: mean((bin) => (bin.predicted - bin.observed) ** 2),
    resolution: mean((bin) => (bin.observed - base) ** 2),
    uncertainty: base * (1 - base),
  };
}
