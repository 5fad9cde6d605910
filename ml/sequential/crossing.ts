import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import { quantileOfSorted } from '../statistics/quantile.ts';

/** Draws so many more units (keys or labels) of one simulated release, and returns the evidence after them. */
export type Stream = (units: number) => number;

export interface CrossingQuestion {
  /** A release from its beginning. */
  readonly open: (random: Random) => Stream;
  readonly alpha: number;
  /** Units after which about half of the releases will have convicted; Infinity where the evidence does not grow. */
  readonly guess: number;
  /** Units within which the chance to convict is asked for. */
  readonly within: number;
  /** Units after which a release is given up. */
  readonly most: number;
  readonly repeats: number;
  readonly seed: number;
}

/** How long it takes until the evidence reaches 1 / alpha, in units. Null where so many releases never got there. */
export interface Crossing {
  /** Chance to get there within what was asked. */
  readonly power: number;
  readonly expected: number | null;
  readonly median: number | null;
  readonly p95: number | null;
}

/** Looks come closer than the precision of the answer: each lets so large a share more units come. */
const resolution = 0.01;
/** In a search, whose answer is no closer than that. */
const searchResolution = 0.02;

/**
 * Simulates releases with seeds of their own and looks at each after every hundredth more of its units (the time of a
 * conviction is late by at most as much). Same question, same answer.
 */
export function simulateCrossing(question: CrossingQuestion): Crossing {
  const { repeats, within } = question;
  const times = Float64Array.from({ length: repeats }, (_, repeat) =>
    crossingTime(question, repeat, resolution),
  ).sort();
  const known = (p: number): number | null => {
    const value = quantileOfSorted(
      times.map((time) => Math.min(time, Number.MAX_VALUE)),
      p,
    );
    return value <= question.most ? value : null;
  };
  return {
    power: times.filter((time) => time <= within).length / repeats,
    expected: known(1) === null ? null : times.reduce((sum, time) => sum + time, 0) / repeats,
    median: known(0.5),
    p95: known(0.95),
  };
}

/** Whether a share of at least `power` of the releases convicts in time: it stops as soon as that is settled. */
export function crossesWithin(question: CrossingQuestion, power: number): boolean {
  const { within, repeats } = question;
  if (question.guess > 2 * within) return false;
  const mayFail = Math.floor(repeats * (1 - power) + 1e-9);
  const hurried = { ...question, most: within };
  let failed = 0;
  for (let repeat = 0; repeat < repeats && failed <= mayFail; repeat++) {
    if (crossingTime(hurried, repeat, searchResolution) > within) failed += 1;
  }
  return failed <= mayFail;
}

function crossingTime(
  { open, alpha, guess, within, most, seed }: CrossingQuestion,
  repeat: number,
  apart: number,
): number {
  const draw = open(createRandom(seed, repeat));
  const first = Math.max(1, Math.ceil(Math.min(guess, most) * apart));
  let done = 0;
  while (done < most) {
    let next = Math.min(most, done + Math.max(first, Math.ceil(done * apart)));
    if (done < within && next > within) next = within;
    const evidence = draw(next - done);
    done = next;
    if (evidence >= 1 / alpha) return done;
  }
  return Infinity;
}

/**
 * The fewest units at whose expected counts the evidence reaches 1 / alpha, to a hundredth; Infinity where it needs
 * over 1e12.
 */
export function guessFrom(evidenceAt: (units: number) => number, alpha: number): number {
  let high = 1;
  while (evidenceAt(high) < 1 / alpha) {
    high *= 2;
    if (high > 1e12) return Infinity;
  }
  let low = high / 2;
  while (high - low > Math.max(1, high * resolution)) {
    const middle = (low + high) / 2;
    if (evidenceAt(middle) < 1 / alpha) low = middle;
    else high = middle;
  }
  return Math.ceil(high);
}

/** Effects among which one is searched for. */
export interface EffectSearch {
  /** Of an effect: what is asked of its releases. They convict the sooner the greater it is. */
  readonly question: (effect: number) => CrossingQuestion;
  readonly low: number;
  readonly high: number;
  /** What is borne, at most `low`: of two effects, that which is twice as far beyond it has about four times the evidence. */
  readonly borne: number;
  /** Chance with which it must be found in time. */
  readonly power: number;
}

/**
 * The smallest effect from `low` to `high`, to some hundredth of it, that is found in time with a chance of `power`; null when not
 * even `high` is. The search begins where the expected counts would just do, which costs no simulation, and all effects are tried on the same
 * random numbers.
 */
export function smallestEffect({ question, low, high, borne, power }: EffectSearch): number | null {
  if (!(high >= low)) return null;
  const found = (effect: number): boolean => crossesWithin(question(effect), power);
  const expected = (effect: number): boolean => {
    const { guess, within } = question(effect);
    return guess <= within;
  };
  if (!expected(high)) return found(high) ? high : null;
  const beyond = (effect: number, times: number): number =>
    Math.min(high, Math.max(low, borne + times * (effect - borne)));
  let missed = bisect(low, high, expected);
  let seen = beyond(missed, widened);
  if (found(seen)) {
    // The expected counts need not tell the truth: the answer may be below them.
    while (found(missed)) {
      if (missed === low) return low;
      seen = missed;
      missed = beyond(missed, 1 / widened);
    }
  } else {
    do {
      if (seen === high) return null;
      missed = seen;
      seen = beyond(seen, widened);
    } while (!found(seen));
  }
  return bisect(missed, seen, found);
}

/** Half of the releases convict where the expected counts do; nearly all do some such factor further beyond what is borne. */
const widened = 1.5;

/** The lowest effect, to some hundredth, for which it holds, between one where it may not and one where it does. */
function bisect(below: number, above: number, holds: (effect: number) => boolean): number {
  let [missed, seen] = [below, above];
  while (seen / missed > precision) {
    const middle = Math.sqrt(missed * seen);
    if (holds(middle)) seen = middle;
    else missed = middle;
  }
  return seen;
}
const precision = 1.02;

/** Releases are followed so many times as long as the guess, to know how long the slowest take. */
const patience = 20;

/** Units after which a release is given up. */
export const mostUnits = (guess: number, within: number): number =>
  Number.isFinite(guess) ? Math.max(within, patience * guess) : within;
