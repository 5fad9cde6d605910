/** What a mean lies within, after one value of a sequence. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Distance of the means that `bettingSequence` looks at: its bounds are rounded outwards by at most as much. */
const meanStep = 1 / 1000;

interface Prediction {
  /** Mean of half and the values before. */
  readonly mean: number;
  /** Bet by the deviation of the values before. */
  readonly bet: number;
}

/** Per value what was known before it; the bets shrink as 1 / sqrt(t log t). */
function predictions(values: readonly number[], alpha: number): Prediction[] {
  let [mean, sum, squares] = [0.5, 0.5, 0.25];
  return values.map((value, index) => {
    if (!(value >= 0 && value <= 1)) throw new RangeError(`a value of ${value} outside [0, 1]`);
    const t = index + 1;
    const variance = squares / t;
    const bet = Math.sqrt((2 * Math.log(1 / alpha)) / (t * Math.log(1 + t) * variance));
    const before = mean;
    sum += value;
    mean = sum / (t + 1);
    squares += (value - mean) ** 2;
    return { mean: before, bet };
  });
}

/**
 * Confidence sequence of the mean of ordered values in [0, 1] with one mean given those before: all bounds hold together
 * with a chance of at least 1 - alpha, and are nested (running intersection). Predictable plug-in empirical Bernstein,
 * for each side at alpha / 2: `sum(l_i x_i) / sum(l_i) -+ (log(2 / alpha) + sum((x_i - m_{i-1})^2 psi(l_i))) / sum(l_i)`
 * with `psi(l) = -log(1 - l) - l` and bets of at most 1/2. The order matters: for reports, not for evidence. Throws
 * RangeError for a value outside [0, 1]. Sources: Howard et al. 2021, arXiv 1810.08240; Waudby-Smith and Ramdas 2024,
 * arXiv 2010.09686, theorem 2.
 */
export function empiricalBernsteinSequence(values: readonly number[], alpha: number): Bounds[] {
  let [bets, weighted, spread, lower, upper] = [0, 0, 0, 0, 1];
  return predictions(values, alpha / 2).map((known, index) => {
    const value = values[index] ?? 0;
    const bet = Math.min(0.5, known.bet);
    bets += bet;
    weighted += bet * value;
    spread += (value - known.mean) ** 2 * (-Math.log1p(-bet) - bet);
    const margin = (Math.log(2 / alpha) + spread) / bets;
    lower = Math.max(lower, weighted / bets - margin);
    upper = Math.min(upper, weighted / bets + margin);
    return { lower, upper };
  });
}

/**
 * As `empiricalBernsteinSequence`, but tighter: hedged betting. Per mean m two wealths `prod(1 +- l_i (x_i - m))`, the
 * bets cut to half of the largest that cannot go broke; m is out for good once half of either wealth reaches 1 / alpha.
 * Looks at each thousandth. O(values * means not yet out). Source: Waudby-Smith and Ramdas 2024, arXiv 2010.09686,
 * theorem 3.
 */
export function bettingSequence(values: readonly number[], alpha: number): Bounds[] {
  const enough = Math.log(2 / alpha);
  const last = Math.round(1 / meanStep);
  const up = new Float64Array(last + 1);
  const down = new Float64Array(last + 1);
  let [low, high] = [0, last];
  return predictions(values, alpha / 2).map(({ bet }, index) => {
    const value = values[index] ?? 0;
    for (let at = low + 1; at < high; at++) {
      const mean = at * meanStep;
      const off = value - mean;
      up[at] = (up[at] ?? 0) + Math.log1p(Math.min(bet, 0.5 / mean) * off);
      down[at] = (down[at] ?? 0) + Math.log1p(-Math.min(bet, 0.5 / (1 - mean)) * off);
    }
    while (low + 1 < high && (up[low + 1] ?? 0) >= enough) low += 1;
    while (high - 1 > low && (down[high - 1] ?? 0) >= enough) high -= 1;
    return { lower: low * meanStep, upper: high * meanStep };
  });
}
