/** Mann-Whitney U test of two samples in ascending order, one of them moved, by ranks with ties. */

/**
 * The z statistic of "x - shift is like y", with correction for ties and continuity (`continuity` towards 0): above 0 where x - shift is
 * the greater. NaN where all values are tied. O(n + m). Source: Mann and Whitney 1947; as in R's wilcox.test.
 */
export function mannWhitneyZ(x: readonly number[], y: readonly number[], shift: number, continuity = 0.5): number {
  const [n, m] = [x.length, y.length];
  let [atX, atY, wins, ties] = [0, 0, 0, 0];
  while (atX < n || atY < m) {
    const value = Math.min(atX < n ? (x[atX] ?? 0) - shift : Infinity, y[atY] ?? Infinity);
    const below = atY;
    let tied = 0;
    while (atX + tied < n && (x[atX + tied] ?? 0) - shift === value) tied += 1;
    while (atY < m && y[atY] === value) atY += 1;
    atX += tied;
    wins += tied * (below + (atY - below) / 2);
    const group = tied + atY - below;
    ties += group ** 3 - group;
  }
  const excess = wins - (n * m) / 2;
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  return variance <= 0 ? Number.NaN : (excess - Math.sign(excess) * continuity) / Math.sqrt(variance);
}

/**
 * The shift at which the z statistic falls through `z`, between the least and the greatest difference: the ends of the
 * confidence interval of x - y for plus and minus the normal quantile.
 */
export function shiftAt(x: readonly number[], y: readonly number[], z: number, continuity = 0.5): number {
  let low = (x[0] ?? 0) - (y.at(-1) ?? 0);
  let high = (x.at(-1) ?? 0) - (y[0] ?? 0);
  const above = (shift: number): boolean => mannWhitneyZ(x, y, shift, continuity) > z;
  if (!above(low)) return low;
  if (above(high)) return high;
  const precision = (high - low) * 1e-6;
  while (high - low > precision) {
    const middle = (low + high) / 2;
    if (above(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Hodges-Lehmann estimate of x - y: the median difference of a value of x and one of y. */
export const hodgesLehmann = (x: readonly number[], y: readonly number[]): number => shiftAt(x, y, 0, 0);
