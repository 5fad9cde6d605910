import { betaQuantile } from './beta.ts';
import { normalQuantile } from './normal.ts';

export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Wilson's score interval of a proportion at level `1 - alpha`, two-sided, in [0, 1] (Wilson 1927). With no trials it is
 * [0, 1] around .5.
 */
export const wilsonInterval = (successes: number, trials: number, alpha = 0.05): Interval =>
  scoreInterval(successes, trials, normalQuantile(1 - alpha / 2));

/** Wilson's score interval that reaches `z` standard errors to each side. */
export function scoreInterval(successes: number, trials: number, z: number): Interval {
  if (trials === 0) return { estimate: 0.5, lower: 0, upper: 1 };
  const z2 = z * z;
  const estimate = successes / trials;
  const centre = (successes + z2 / 2) / (trials + z2);
  const half = (z / (trials + z2)) * Math.sqrt(trials * estimate * (1 - estimate) + z2 / 4);
  return {
    estimate,
    lower: successes === 0 ? 0 : Math.max(0, centre - half),
    upper: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/** Exact interval of a proportion at level `1 - alpha`, two-sided, never less than nominal (Clopper and Pearson 1934). */
export function clopperPearsonInterval(successes: number, trials: number, alpha = 0.05): Interval {
  if (trials === 0) return { estimate: 0.5, lower: 0, upper: 1 };
  return {
    estimate: successes / trials,
    lower: successes === 0 ? 0 : betaQuantile(successes, trials - successes + 1, alpha / 2),
    upper: successes === trials ? 1 : betaQuantile(successes + 1, trials - successes, 1 - alpha / 2),
  };
}
