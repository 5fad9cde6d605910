import type { Random } from '../random.ts';
import { logGamma } from './gamma.ts';

/** Mean from which searching from the mode is faster than adding up waiting times. */
const mostWaits = 8;

/**
 * One draw of Poisson(mean). Few are found by adding up exponential waiting times, O(mean); many by inversion outward
 * from the mode, O(sqrt(mean)) (Devroye 1986, X.3.3 and III.2.2). `mean` is a finite number from 0.
 */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  return mean <= mostWaits ? byWaiting(random, mean) : fromMode(random, mean);
}

/** One draw of Poisson(mean) given that it is not 0, for `mean` above 0. */
export function positivePoisson(random: Random, mean: number): number {
  const first = -Math.log1p(random.next() * Math.expm1(-mean));
  return 1 + poisson(random, mean - first);
}

function byWaiting(random: Random, mean: number): number {
  let [count, left] = [0, mean];
  for (;;) {
    left += Math.log1p(-random.next());
    if (left < 0) return count;
    count += 1;
  }
}

function fromMode(random: Random, mean: number): number {
  const mode = Math.floor(mean);
  const mass = Math.exp(mode * Math.log(mean) - mean - logGamma(mode + 1));
  let left = random.next() - mass;
  if (left < 0) return mode;
  let [below, above] = [mode, mode];
  let [massBelow, massAbove] = [mass, mass];
  while (massBelow > 0 || massAbove > 0) {
    above += 1;
    massAbove *= mean / above;
    left -= massAbove;
    if (left < 0) return above;
    massBelow *= below / mean;
    below -= 1;
    left -= massBelow;
    if (left < 0) return below;
  }
  return mode;
}
