/** The quantile at `p` in [0, 1] of ascending values, linear between order statistics (Hyndman-Fan type 7). NaN without values. */
export function quantileOfSorted(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(sorted.length - 1, below + 1)] ?? Number.NaN;
  return low + (at - below) * (high - low);
}
