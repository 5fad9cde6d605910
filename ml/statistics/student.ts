import { betaQuantile } from './beta.ts';

/** What Student's t with `df` degrees of freedom, above 0, exceeds on either side with chance `alpha`: `df / (df + t^2)` is Beta(df / 2, 1 / 2). */
export function studentQuantile(df: number, alpha: number): number {
  const share = betaQuantile(df / 2, 0.5, alpha);
  return Math.sqrt((df * (1 - share)) / share);
}
