import type { Random } from '../random.ts';
import { logGamma } from './gamma.ts';

/** Mean from which searching from the mode is faster than jumping from success to success. */
const mostJumps = 12;

/**
 * Successes in n trials of chance p: one draw of Binomial(n, p). Few are found by jumps of geometric length from
 * success to success, O(n p); many by inversion outward from the mode, O(sqrt(n p)) (Devroye 1986, X.4.3 and III.2.2).
 * `n` is a whole number from 0, p in [0, 1].
 */
export function binomial(random: Random, n: number, p: number): number {
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  if (p <= 0 || n === 0) return 0;
  return n * p <= mostJumps ? byJumps(random, n, p) : fromMode(random, n, p);
}

function byJumps(random: Random, n: number, p: number): number {
  const perTrial = Math.log1p(-p);
  let [count, trial] = [0, 0];
  for (;;) {
    trial += Math.floor(Math.log1p(-random.next()) / perTrial) + 1;
    if (trial > n) return count;
    count += 1;
  }
}

function fromMode(random: Random, n: number, p: number): number {
  const mode = Math.floor((n + 1) * p);
  const odds = p / (1 - p);
  const logMass =
    logGamma(n + 1) - logGamma(mode + 1) - logGamma(n - mode + 1) + mode * Math.log(p) + (n - mode) * Math.log1p(-p);
  let left = random.next() - Math.exp(logMass);
  if (left < 0) return mode;
  let [below, above] = [mode, mode];
  let [massBelow, massAbove] = [Math.exp(logMass), Math.exp(logMass)];
  while (massBelow > 0 || massAbove > 0) {
    massAbove *= ((n - above) / (above + 1)) * odds;
    above += 1;
    left -= massAbove;
    if (left < 0) return above;
    massBelow *= below / ((n - below + 1) * odds);
    below -= 1;
    left -= massBelow;
    if (left < 0) return below;
  }
  return mode;
}
