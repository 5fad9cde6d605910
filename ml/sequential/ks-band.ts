/** Slope of the band, between 1 / sqrt(2) (narrow for very many values) and wider ones that are narrow sooner. */
const slope = 0.85;

/**
 * Chance that a sample's distribution function ever leaves the band with constant `c`, at most:
 * `4 exp(-q c) (1 + 1 / ((q - 1) log(eta)))` with `q = 2 / eta (slope - sqrt(2 (eta - 1) / c))^2`, at the eta > 1 that
 * makes it least. Infinity where no eta makes q > 1. Source: Howard and Ramdas 2022, arXiv 1906.09712, theorem 2.
 */
export function bandMissChance(c: number): number {
  const at = (eta: number): number => {
    const root = slope - Math.sqrt((2 * (eta - 1)) / c);
    const q = (2 / eta) * root * root;
    return root > 0 && q > 1 ? 4 * Math.exp(-q * c) * (1 + 1 / ((q - 1) * Math.log(eta))) : Infinity;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [1, greatestEta(c)];
  while (high - low > 1e-10) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (at(left) <= at(right)) high = right;
    else low = left;
  }
  return at((low + high) / 2);
}

/** The eta at which q is 1. */
function greatestEta(c: number): number {
  let [low, high] = [1, 2 * slope * slope];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (Math.sqrt(middle / 2) + Math.sqrt((2 * (middle - 1)) / c) < slope) low = middle;
    else high = middle;
  }
  return low;
}

/** The band's constant for which `bandMissChance` is `alpha`, in (0, 1): 8.12 at .05. */
export function bandConstant(alpha: number): number {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`an alpha of ${alpha}: it must be in (0, 1)`);
  let [low, high] = [1, 2];
  while (bandMissChance(high) > alpha) high *= 2;
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (bandMissChance(middle) > alpha) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Radius of the band around the distribution function of `values` values: `.85 sqrt((log(1 + log t) + C) / t)`, Infinity
 * without values. The band holds at all values and all looks together with a chance of at least 1 - alpha.
 */
export const bandRadius = (values: number, constant: number): number =>
  values < 1 ? Infinity : slope * Math.sqrt((Math.log(1 + Math.log(values)) + constant) / values);

export interface BandComparison {
  /** Greatest distance of the two distribution functions that was looked at, in [0, 1]. */
  readonly distance: number;
  /** Sum of the two bands' radii. */
  readonly limit: number;
  /** Whether the distance is above the limit. */
  readonly differ: boolean;
}

export interface HistogramComparison extends BandComparison {
  /** Bin at whose upper edge the distance is greatest. */
  readonly bin: number;
  /** There, the champion's share up to that edge less the canary's: above 0 where the canary has the greater values. */
  readonly difference: number;
}

/**
 * Sequential two-sample Kolmogorov-Smirnov test of "both samples have the same distribution", each band at alpha / 2: it differs at any look
 * with a chance of at most alpha. The samples are histograms over the same edges, fixed beforehand: the distance at the edges is no more than
 * the whole one. Only for values that came while the canary's share was constant, which the caller sees to: over a ramp the arms differ in
 * their mix of times. Source: Howard and Ramdas 2022, arXiv 1906.09712. Throws RangeError where the lengths differ.
 */
export function compareHistograms(
  champion: readonly number[],
  canary: readonly number[],
  alpha: number,
): HistogramComparison {
  if (champion.length !== canary.length) {
    throw new RangeError(`histograms of ${champion.length} and ${canary.length} bins: they must have the same edges`);
  }
  const [total, other] = [champion, canary].map((bins) => bins.reduce((sum, count) => sum + count, 0));
  let [a, b, bin, difference] = [0, 0, 0, 0];
  champion.forEach((count, edge) => {
    a += count;
    b += canary[edge] ?? 0;
    const here = a / Math.max(1, total ?? 0) - b / Math.max(1, other ?? 0);
    if (Math.abs(here) > Math.abs(difference)) [bin, difference] = [edge, here];
  });
  return { bin, difference, ...compared(Math.abs(difference), total ?? 0, other ?? 0, alpha) };
}

function compared(distance: number, champion: number, canary: number, alpha: number): BandComparison {
  const constant = bandConstant(alpha / 2);
  const limit = bandRadius(champion, constant) + bandRadius(canary, constant);
  return { distance, limit, differ: distance > limit };
}
