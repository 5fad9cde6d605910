import type { EventCounts } from '../../contracts/evidence/release.ts';
import { logGamma } from '../statistics/gamma.ts';
import { mixtureOf } from './mixture.ts';

/** Keys that came while the shares stood as they are here, arm by arm. */
export interface ShareStratum {
  /** Share of each arm, from 0; their sum need not be 1. */
  readonly shares: readonly number[];
  /** Keys that fell on each arm, in the same order. */
  readonly keys: readonly number[];
}

/**
 * How many keys the prior is worth. The prior of an arm's true share w has the deviation sqrt(w (1 - w) / (1 + this)):
 * .0095 around .1. In trials at alpha .0025 it found 11 % instead of 10 % after 12,900 keys (median), where 1 took
 * 19,900, 100 took 13,600, and 10,000 took 18,500; gross mismatches take some hundred keys more than with 100.
 */
const defaultConcentration = 1000;

/** Log of the Dirichlet-multinomial likelihood of the keys over their multinomial likelihood by the shares. */
function logFactor({ shares, keys }: ShareStratum, concentration: number): number {
  let [live, whole, total] = [0, 0, 0];
  for (let arm = 0; arm < shares.length; arm++) {
    const share = shares[arm] ?? 0;
    if (share <= 0) continue;
    live += 1;
    whole += share;
    total += keys[arm] ?? 0;
  }
  if (live < 2 || total === 0) return 0;
  let sum = logGamma(concentration) - logGamma(concentration + total);
  for (let arm = 0; arm < shares.length; arm++) {
    if ((shares[arm] ?? 0) <= 0) continue;
    const share = (shares[arm] ?? 0) / whole;
    const prior = concentration * share;
    const count = keys[arm] ?? 0;
    sum = sum + logGamma(prior + count) - logGamma(prior) - count * Math.log(share);
  }
  return sum;
}

/**
 * e-process against "keys fall on the arms by the shares in force": per stratum of constant shares w the Bayes factor
 * of a Dirichlet(concentration w) prior over the true shares to w itself, multiplied over the strata.
 *
 * A stratum's prior depends on nothing but its shares, which are known when it begins, and each key falls in one
 * stratum, so that the product is a martingale with mean 1 in any order of the strata's keys come. It exceeds 1/alpha
 * at any look with a chance of at most alpha (Ville). An arm without share, and a stratum with only one arm left, say
 * nothing and are left out; without keys it is 1, and it ends at e^690. `concentration` is above 0. Source: Lindon and
 * Malek 2022, arXiv 2011.03567.
 */
export const sharesEvidence = (strata: readonly ShareStratum[], concentration = defaultConcentration): number =>
  mixtureOf([strata.reduce((sum, stratum) => sum + logFactor(stratum, concentration), 0)]);

/** `sharesEvidence` of a champion and a canary. */
export const sampleRatioEvidence = (counts: readonly EventCounts[], concentration = defaultConcentration): number =>
  sampleRatioTest(concentration)(counts);

/** `sampleRatioEvidence` for many looks; most find all strata but one unchanged. */
export function sampleRatioTest(concentration = defaultConcentration): (counts: readonly EventCounts[]) => number {
  const known: { of: EventCounts; log: number }[] = [];
  const logOf = ({ share, champion, canary }: EventCounts, index: number): number => {
    const before = known[index];
    if (before?.of.share === share && before.of.champion === champion && before.of.canary === canary) return before.log;
    const log = logFactor({ shares: [1 - share, share], keys: [champion, canary] }, concentration);
    known[index] = { of: { share, champion, canary }, log };
    return log;
  };
  return (counts) => mixtureOf([counts.reduce((sum, count, index) => sum + logOf(count, index), 0)]);
}
