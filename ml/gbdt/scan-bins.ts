/** What splits of a leaf by a number are judged by, where values have no limits. Hessians and gradients are whole numbers of their units. */
export interface PlainScan {
  /** Sums are `gradient * factor + hessian`. */
  readonly factor: number;
  readonly gradientUnit: number;
  readonly hessianUnit: number;
  /** Hessian of either side, at least and at most. */
  readonly smallest: number;
  readonly largest: number;
  readonly l2: number;
  /** `G` of the leaf, and `H + 2 l2`. */
  readonly gradient: number;
  readonly both: number;
}

/**
 * The bin of the best split after it, of bins 1 to `end - 1`; 0 where none is better than `limit`. `packed` is the sum of what goes left beside
 * them. With `a = H_l + l2` and `b = H_r + l2`, `G_l^2 / a + G_r^2 / b = G^2 / (a + b) + ((a + b) G_l - a G)^2 / (a b (a + b))`: the
 * last term is compared, as a product, for a division takes longer than all else.
 */
export function bestBin(sums: Float64Array, scan: PlainScan, packed: number, end: number, limit: number): number {
  const { factor, gradientUnit, hessianUnit, smallest, largest, l2, gradient, both } = scan;
  const inverse = 1 / factor;
  const whole = both * gradientUnit;
  let bin = 0;
  let best = limit;
  for (let at = 1; at < end; at++) {
    const here = sums[at]!;
    // The same sides as by the bin before.
    if (here === 0) continue;
    packed += here;
    const first = Math.floor(packed * inverse);
    const hessian = (packed - first * factor) * hessianUnit;
    if (hessian < smallest) continue;
    if (hessian > largest) break;
    const by = hessian + l2;
    const unlike = whole * first - gradient * by;
    const square = unlike * unlike;
    const divisor = by * (both - by) * both;
    if (square > best * divisor) {
      best = square / divisor;
      bin = at;
    }
  }
  return bin;
}
