import { logGamma } from './gamma.ts';

/** Events in so many trials. */
export interface Trials {
  readonly events: number;
  readonly trials: number;
}

/** Terms that add less than this part of the sum are left out. */
const precision = 1e-16;

/**
 * Fisher's exact test, one-sided: the chance, in [0, 1], that as many events of both as there were fall on `one` as did, or more, when
 * each trial of both was as likely to have one (the upper tail of the hypergeometric distribution). Whole numbers from 0, events at most
 * trials. 1 without events, or without trials of either. O(events of `one` beyond the mean), less where they are far beyond it.
 * Source: Fisher 1935, "The logic of inductive inference".
 */
export function fisherExactGreater(one: Trials, other: Trials): number {
  const trials = one.trials + other.trials;
  const events = one.events + other.events;
  const least = Math.max(0, events - other.trials);
  const most = Math.min(events, one.trials);
  if (one.events <= least) return 1;
  const logMass = (count: number): number =>
    logChoose(one.trials, count) + logChoose(other.trials, events - count) - logChoose(trials, events);
  // The shorter way is the tail that does not hold the mean, where terms only fall.
  const isAbove = one.events * trials > one.trials * events;
  const from = isAbove ? one.events : one.events - 1;
  let mass = Math.exp(logMass(from));
  let tail = 0;
  for (let count = from; count >= least && count <= most && mass > tail * precision; count += isAbove ? 1 : -1) {
    tail += mass;
    mass *= isAbove
      ? ((one.trials - count) * (events - count)) / ((count + 1) * (other.trials - events + count + 1))
      : (count * (other.trials - events + count)) / ((one.trials - count + 1) * (events - count + 1));
  }
  return Math.min(1, Math.max(0, isAbove ? tail : 1 - tail));
}

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
