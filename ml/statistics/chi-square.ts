import { logGamma, regularizedGammaQ } from './gamma.ts';

/** P(X > x) for X chi-square with `freedom` degrees of freedom. */
export const chiSquareTail = (x: number, freedom: number): number => regularizedGammaQ(freedom / 2, x / 2);

/**
 * P(X > x) for X noncentral chi-square: the Poisson(noncentrality / 2) mixture of central tails with freedom + 2 j,
 * summed outward from the Poisson's mode until what is left weighs less than 1e-14.
 */
export function noncentralChiSquareTail(x: number, freedom: number, noncentrality: number): number {
  if (x <= 0) return 1;
  if (noncentrality <= 0) return chiSquareTail(x, freedom);
  const mean = noncentrality / 2;
  const half = x / 2;
  const mode = Math.floor(mean);
  const reach = Math.ceil(9 * Math.sqrt(mean) + 40);
  const first = Math.max(0, mode - reach);
  const last = mode + reach;
  // Q(a + 1, y) = Q(a, y) + y^a e^-y / gamma(a + 1): one incomplete gamma function serves the whole sum.
  let shape = freedom / 2 + first;
  let tail = regularizedGammaQ(shape, half);
  let logWeight = -mean + first * Math.log(mean) - logGamma(first + 1);
  let sum = 0;
  for (let j = first; j <= last; j++) {
    sum += Math.exp(logWeight) * Math.min(1, tail);
    tail += Math.exp(-half + shape * Math.log(half) - logGamma(shape + 1));
    shape += 1;
    logWeight += Math.log(mean) - Math.log(j + 1);
  }
  return Math.min(1, sum);
}

/**
 * Lower confidence bound of the noncentrality: the largest one at which X > x has a chance of at most `alpha`; 0 where
 * even the central distribution exceeds x that often.
 */
export function noncentralityLowerBound(x: number, freedom: number, alpha: number): number {
  if (chiSquareTail(x, freedom) >= alpha) return 0;
  let low = 0;
  let high = x;
  for (let step = 0; step < 50 && high - low > 1e-10 * (1 + high); step++) {
    const middle = (low + high) / 2;
    if (noncentralChiSquareTail(x, freedom, middle) < alpha) low = middle;
    else high = middle;
  }
  return low;
}
