import { crossesWithin, expects, lagOf, type CrossingQuestion } from './crossing.ts';

/** Effects among which one is searched for. */
export interface EffectSearch {
  /** Of an effect: what is asked of its releases. They fire the sooner the greater it is. */
  readonly question: (effect: number) => CrossingQuestion;
  readonly low: number;
  readonly high: number;
  /** What is borne, at most `low`: of two effects, that which is twice as far beyond it has about four times the evidence. */
  readonly borne: number;
  /** Chance with which it must be found in time. */
  readonly power: number;
}

/**
 * The smallest effect from `low` to `high`, to some hundredth of what it is beyond the borne, that is found in time with a chance of `power`;
 * null when not even `high` is. All effects are tried on the same random numbers, so that few tries do: the releases of one that the
 * expected counts would find in half of the time say how much slower than these the slowest are, hence which effect to try next.
 */
export function smallestEffect({ question, low, high, borne, power }: EffectSearch): number | null {
  if (!(high >= low)) return null;
  const found = (effect: number): boolean => crossesWithin(question(effect), power);
  const beyond = (effect: number, times: number): number =>
    Math.min(high, Math.max(low, borne + times * (effect - borne)));
  const expectedIn = (part: number): number =>
    bisect(low, high, closely, (effect) => {
      const asked = question(effect);
      return expects(asked, asked.within * part);
    });
  const highest = question(high);
  if (!expects(highest, highest.within)) return found(high) ? high : null;
  const tried = question(expectedIn(1 / usualLag));
  let seen = expectedIn(1 / Math.min(mostLag, lagOf(tried, power)));
  let missed = seen;
  let apart = nextTry;
  if (found(seen)) {
    do {
      if (missed === low) return low;
      [seen, missed] = [missed, beyond(missed, 1 / apart)];
      apart **= 2;
    } while (found(missed));
  } else {
    do {
      if (seen === high) return null;
      [missed, seen] = [seen, beyond(seen, apart)];
      apart **= 2;
    } while (!found(seen));
  }
  return bisect(missed, seen, precision, found);
}

/** The slowest releases that count take about so many times as long as half of them. */
const usualLag = 2;
const mostLag = 4;
/** Effects that are tried one after the other are so many times as far beyond what is borne. */
const nextTry = 1.04;
const precision = 1.02;
/** Where trying an effect costs no simulation. */
const closely = 1.002;

/** The lowest effect, up to a factor, for which it holds, between one where it may not and one where it does. */
function bisect(below: number, above: number, factor: number, holds: (effect: number) => boolean): number {
  let [missed, seen] = [below, above];
  while (seen / missed > factor) {
    const middle = Math.sqrt(missed * seen);
    if (holds(middle)) seen = middle;
    else missed = middle;
  }
  return seen;
}
