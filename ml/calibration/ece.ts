import type { CalibrationBin } from './bins.ts';
import { normalCdf, normalDensity } from '../statistics/normal.ts';

/** `E|X|` for X normal with mean `mean` and standard deviation `deviation`. */
function foldedMean(mean: number, deviation: number): number {
  if (deviation === 0) return Math.abs(mean);
  const z = mean / deviation;
  return 2 * deviation * normalDensity(z) + mean * (2 * normalCdf(z) - 1);
}

/**
 * Expected calibration error less its expected noise, in [0, 1], 0 is calibrated. A bin whose gap is g, with the
 * sampling deviation s that calibrated probabilities would show, has the true gap m = sqrt(max(0, g^2 - s^2)); the mean
 * of |N(m, s^2)| minus m is what noise adds to it, and is taken off. Only the sum is cut at 0. After Kumar, Liang and
 * Ma 2019 (their plug-in correction, here in closed form and at the corrected gap).
 */
export function debiasedEce(bins: readonly CalibrationBin[]): number | null {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  if (rows === 0) return null;
  const error = bins.reduce((sum, bin) => {
    const gap = Math.abs(bin.observed - bin.predicted);
    const trueGap = Math.sqrt(Math.max(0, gap * gap - bin.noise));
    return sum + (bin.rows / rows) * (gap - (foldedMean(trueGap, Math.sqrt(bin.noise)) - trueGap));
  }, 0);
  return Math.max(0, error);
}
