import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import { quantileOfSorted } from '../statistics/quantile.ts';

/** Draws so many more units (keys or labels) of one simulated release, and returns the evidence after them. */
export type Stream = (units: number) => number;

export interface CrossingQuestion {
  /** A release from its beginning. */
  readonly open: (random: Random) => Stream;
  readonly alpha: number;
  /** The evidence at the counts that are to be expected after so many units: it reaches 1 / alpha where about half of the releases fire. */
  readonly expectedAt: (units: number) => number;
  /** Units within which the chance to fire is asked for. */
  readonly within: number;
  /** Units after which a release is given up. @default twenty times those at which the expected counts fire, at least `within` */
  readonly most?: number;
  readonly repeats: number;
  readonly seed: number;
  /** Logarithm of how many times the evidence grows from the first unit until the guard fires. @default that of 1 / alpha */
  readonly toEarn?: number;
  /** Whether the evidence is the highest so far, and never falls. @default false */
  readonly keepsHighest?: boolean;
}

/** How long it takes until the evidence reaches 1 / alpha, in units. Null where so many releases never got there. */
export interface Crossing {
  /** Chance to get there within what was asked. */
  readonly power: number;
  readonly expected: number | null;
  readonly median: number | null;
  readonly p95: number | null;
}

/** Looks come as close as the precision of the answer where the guard is about to fire: each lets so large a share more units come. */
const resolution = 0.02;
/** In a search, whose answer is not closer than that. */
const searchResolution = 0.03;

/**
 * Simulates releases with seeds of their own and looks at each after every fiftieth more of its units, or later where it is far from a
 * guard fires. One between two looks is drawn as of a Brownian motion between their evidence, so that few looks say what looking at each unit
 * would. Same question, same answer.
 */
export function simulateCrossing(question: CrossingQuestion): Crossing {
  const { repeats, within } = question;
  const guess = guessOf(question);
  const most = question.most ?? (Number.isFinite(guess) ? Math.max(within, patience * guess) : within);
  const pace = { guess, most, apart: resolution };
  const times = Float64Array.from({ length: repeats }, (_, repeat) => crossingTime(question, pace, repeat)).sort();
  const known = (p: number): number | null => {
    const value = quantileOfSorted(
      times.map((time) => Math.min(time, Number.MAX_VALUE)),
      p,
    );
    return value <= most ? value : null;
  };
  return {
    power: times.filter((time) => time <= within).length / repeats,
    expected: known(1) === null ? null : times.reduce((sum, time) => sum + time, 0) / repeats,
    median: known(0.5),
    p95: known(0.95),
  };
}

/** Whether a share of at least `power` of the releases fires in time: it stops as soon as that is settled. */
export function crossesWithin(question: CrossingQuestion, power: number): boolean {
  const { within, repeats } = question;
  if (!expects(question, 2 * within)) return false;
  const mayFail = Math.floor(repeats * (1 - power) + 1e-9);
  const pace = { guess: guessOf(question), most: Math.min(within, question.most ?? within), apart: searchResolution };
  let failed = 0;
  for (let repeat = 0; repeat < repeats && failed <= mayFail; repeat++) {
    if (crossingTime(question, pace, repeat) > within) failed += 1;
  }
  return failed <= mayFail;
}

/** Whether the counts that are expected after so many units fire. */
export const expects = ({ expectedAt, alpha }: CrossingQuestion, units: number): boolean =>
  expectedAt(units) >= 1 / alpha;

/** How a release is gone through. */
interface Pace {
  /** Units after which about half of the releases will have fired; Infinity where the evidence does not grow. */
  readonly guess: number;
  /** Units after which it is given up. */
  readonly most: number;
  /** Share of its units that come between two looks at least. */
  readonly apart: number;
}

function crossingTime(question: CrossingQuestion, { guess, most, apart }: Pace, repeat: number): number {
  const { open, alpha, within, seed } = question;
  const random = createRandom(seed, repeat);
  const draw = open(random);
  const first = Math.max(1, Math.ceil(Math.min(guess, most) * apart));
  const limit = Math.log(1 / alpha);
  const { toEarn = limit, keepsHighest = false } = question;
  let [done, left] = [0, toEarn];
  while (done < most) {
    const safe = guess < Infinity ? (guess * safeGrowth(Math.min(left, toEarn))) / toEarn : 0;
    const share = Math.max(done * apart, Math.min(done * farthest, safe));
    let next = Math.min(most, done + Math.max(first, Math.ceil(share)));
    if (done < within && next > within) next = within;
    const before = left;
    /** Of the logarithm of the evidence, on average. */
    const growth = ((next - done) / guess) * toEarn;
    left = limit - Math.log(draw(next - done));
    done = next;
    if (left <= 0 || (!keepsHighest && random.next() < Math.exp((-before * left) / growth))) return done;
  }
  return Infinity;
}

/**
 * How much the logarithm of the evidence may grow on average while it hardly gains `left`: a sum of log likelihood ratios that grows
 * by x has about the variance 2 x, and x + 3 sqrt(2 x) = left.
 */
function safeGrowth(left: number): number {
  const root = (Math.sqrt(2 * deviations ** 2 + 4 * left) - Math.SQRT2 * deviations) / 2;
  return root ** 2;
}
const deviations = 3;
/** Never so large a share more units between two looks, as the evidence may grow faster in a later step. */
const farthest = 0.2;

/**
 * The fewest units at whose expected counts the evidence reaches 1 / alpha, to a hundredth; Infinity where it needs
 * over 1e12. The search begins at `within`, which is usually near.
 */
function guessOf(question: CrossingQuestion): number {
  let high = 2 ** Math.ceil(Math.log2(Math.max(1, question.within)));
  while (!expects(question, high)) {
    high *= 2;
    if (high > 1e12) return Infinity;
  }
  let low = high / 2;
  while (low >= 1 && expects(question, low)) [low, high] = [low / 2, low];
  while (high - low > Math.max(1, high * resolution)) {
    const middle = (low + high) / 2;
    if (expects(question, middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high);
}

/** Times as long as the expected counts that a share of `power` of the releases takes; Infinity where they take over four times as long as they have. */
export function lagOf(question: CrossingQuestion, power: number): number {
  const { within, repeats } = question;
  const pace = {
    guess: guessOf(question),
    most: Math.min(4 * within, question.most ?? Infinity),
    apart: searchResolution,
  };
  const times = Float64Array.from({ length: repeats }, (_, repeat) => crossingTime(question, pace, repeat)).sort();
  const slowest = times[repeats - 1 - Math.floor(repeats * (1 - power) + 1e-9)] ?? Infinity;
  return slowest < Infinity ? Math.max(1, slowest / pace.guess) : Infinity;
}

/** Releases are followed so many times as long as the guess, to know how long the slowest take. */
const patience = 20;
