/** A number is drawn in as `asinh((value - middle) / width)`: in proportion near the middle, by its logarithm far from it. */
export interface Tails {
  readonly middle: number;
  readonly width: number;
}

/** Of a normal distribution the deviation is as wide as the quartiles say; of an exponential one it is 1.2 times, of a lognormal one (sigma 1) 2 times as wide. */
const longFrom = 1.75;
const normalQuartiles = 1.349;

/** Tails of a column that has long ones, by its finite values; null of others. Where half of the values are equal, the mean distance from the median is the width. */
export function fitTails(values: Float64Array): Tails | null {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!;
  const middle = at(0.5);
  const meanOf = (of: (value: number) => number): number =>
    values.reduce((sum, value) => sum + of(value), 0) / values.length;
  const mean = meanOf((value) => value);
  const deviation = Math.sqrt(meanOf((value) => (value - mean) ** 2));
  const width = (at(0.75) - at(0.25)) / normalQuartiles || meanOf((value) => Math.abs(value - middle));
  const tails = { middle: Math.fround(middle), width: Math.fround(width) };
  return tails.width > 0 && Number.isFinite(deviation) && deviation > longFrom * width ? tails : null;
}

/** In float32, as the exported graph computes; NaN stays NaN. */
export const drawnIn = (tails: Tails | null, value: number): number =>
  tails === null ? value : Math.fround(Math.asinh(Math.fround(Math.fround(value - tails.middle) / tails.width)));

/** The value that was drawn in. */
export const drawnOut = (tails: Tails | null, value: number): number =>
  tails === null ? value : tails.middle + tails.width * Math.sinh(value);
