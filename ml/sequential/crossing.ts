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

/**
 * Simulates releases with seeds of their own and looks at each after every hundredth more of its units (the time of a
 * conviction is late by at most as much). Same question, same answer.
 */
export function simulateCrossing(question: CrossingQuestion): Crossing {
  const { repeats, within } = question;
  const times = Float64Array.from({ length: repeats }, (_, repeat) => crossingTime(question, repeat)).sort();
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
  let failed = 0;
  for (let repeat = 0; repeat < repeats && failed <= mayFail; repeat++) {
    if (crossingTime({ ...question, most: within }, repeat) > within) failed += 1;
  }
  return failed <= mayFail;
}

function crossingTime({ open, alpha, guess, within, most, seed }: CrossingQuestion, repeat: number): number {
  const draw = open(createRandom(seed, repeat));
  const first = Math.max(1, Math.ceil(Math.min(guess, most) * resolution));
  let done = 0;
  while (done < most) {
    let next = Math.min(most, done + Math.max(first, Math.ceil(done * resolution)));
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

/**
 * The smallest effect in [low, high], to some hundredth of it, that `found` says is found; null when not even `high`
 * is. `found` grows with the effect.
 */
export function smallestEffect(low: number, high: number, found: (effect: number) => boolean): number | null {
  if (!(high >= low) || !found(high)) return null;
  let [missed, seen] = [low, high];
  while (seen / missed > 1.02) {
    const middle = Math.sqrt(missed * seen);
    if (found(middle)) seen = middle;
    else missed = middle;
  }
  return seen;
}
