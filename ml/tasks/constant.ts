import { createRandom } from '../random.ts';
import { meanOfRows } from './mean-of-rows.ts';

/** The one answer to every row that is best by a metric: what a model must be better than. */
export interface Constant {
  /** The answer, from the labels of the training rows (at least one), and how much each counts (once where left out). */
  readonly of: (truth: Float64Array, weights?: Float64Array) => number;
  /** What it is, for a sentence; `answer` is the label. */
  readonly words: (answer: string) => string;
  /** Answers to so many rows that need no model either, and are better than one answer to all. @default there are none */
  readonly draw?: (truth: Float64Array, rows: number, weights?: Float64Array) => Float64Array;
  /** What it gets where the metric is 0 / 0. @default the metric is undefined there */
  readonly worth?: number;
}

const saying =
  (what: string): Constant['words'] =>
  (answer) =>
    `${answer} for every row (${what})`;

/** The class with the most labels, the first of several. */
function mostFrequentOf(truth: Float64Array, weights?: Float64Array): number {
  const counts: number[] = [];
  for (const [row, label] of truth.entries()) counts[label] = (counts[label] ?? 0) + (weights?.[row] ?? 1);
  return counts.reduce((best, count, label) => (count > (counts[best] ?? 0) ? label : best), 0);
}

export const mostFrequent: Constant = { of: mostFrequentOf, words: saying('the most frequent label') };

/** Of the correlation: a constant answer has none. */
export const uncorrelated: Constant = { ...mostFrequent, worth: 0 };

/** Where the negative label for every row finds no positive one. */
export const positive: Constant = { of: () => 1, words: saying('the positive label'), worth: 0 };

/** Labels drawn with chances by the shares of the labels. Equal input, equal answers. */
const drawn =
  (chancesOf: (shares: Float64Array) => Float64Array): NonNullable<Constant['draw']> =>
  (truth, rows, weights) => {
    const chances = chancesOf(sharesOf(truth, weights));
    const random = createRandom(1);
    return Float64Array.from({ length: rows }, () => {
      let left = random.next();
      const label = chances.findIndex((chance) => (left -= chance) < 0);
      return label < 0 ? mostFrequentOf(truth, weights) : label;
    });
  };

/** The mean over the classes of `2 s q / (s + q)`, of shares s and chances q, is greatest where both are equal. */
export const anyByShare: Constant = {
  of: mostFrequentOf,
  words: () => 'labels drawn at random, as often as each occurs',
  draw: drawn((shares) => shares),
};

/** The mean of `2 s q / (s + q)`, weighted by s, is greatest where each s + q that exceeds s is as s^1.5 (by Lagrange). */
export const anyByWeight: Constant = {
  of: mostFrequentOf,
  words: () => 'labels drawn at random, frequent ones more often than they occur',
  draw: drawn((shares) => {
    const chancesAt = (scale: number): Float64Array => shares.map((share) => Math.max(0, scale * share ** 1.5 - share));
    // At 0 no label has a chance; at this scale the greatest alone has one above 1.
    let [low, high] = [0, 2 / Math.max(...shares) ** 1.5];
    for (let halving = 0; halving < 60; halving += 1) {
      const middle = (low + high) / 2;
      if (chancesAt(middle).reduce((sum, chance) => sum + chance, 0) > 1) high = middle;
      else low = middle;
    }
    return chancesAt(low);
  }),
};

/** Share of each class among the labels, up to the last one that occurs. */
export function sharesOf(truth: Float64Array, weights?: Float64Array): Float64Array {
  const shares = new Float64Array(truth.reduce((most, label) => Math.max(most, label), 0) + 1);
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? truth.length;
  for (const [row, label] of truth.entries()) shares[label]! += (weights?.[row] ?? 1) / total;
  return shares;
}

/** Where probabilities alone count. */
export const shares: Constant = { of: mostFrequentOf, words: () => 'the share of each label as its probability' };

/** The answer that is worth most in the mean: `matrix[label][answer]`. */
export const worthMost = (matrix: readonly (readonly number[])[]): Constant => ({
  of: (truth, weights) => {
    const sums = matrix.map((_, answer) =>
      truth.reduce((sum, label, row) => sum + matrix[label]![answer]! * (weights?.[row] ?? 1), 0),
    );
    return sums.indexOf(Math.max(...sums));
  },
  words: saying('the label that is worth most'),
});

export const mean: Constant = {
  of: (truth, weights) => meanOfRows(truth)(weights) ?? NaN,
  words: saying('the mean of the labels'),
};

export const median: Constant = {
  of: (truth, weights) => quantileOf(truth, 0.5, weights),
  words: saying('the median of the labels'),
};

/** `sum |y - c| / |y|` is least at the median with the weights 1 / |y|, of the labels other than 0. */
export const relativeMedian: Constant = {
  of: (truth, weights) =>
    quantileOf(
      truth,
      0.5,
      truth.map((label, row) => (label === 0 ? 0 : (weights?.[row] ?? 1) / Math.abs(label))),
    ),
  words: saying('the median of the labels, each weighted by 1 / |label|'),
};

/** The pinball loss of the level is least at the quantile (Koenker and Bassett 1978), and costs are that loss by `over + under`. */
export const leastCost = ({ over, under }: { readonly over: number; readonly under: number }): Constant => {
  const level = under / (over + under);
  const percent = Number((100 * level).toPrecision(4));
  return {
    of: (truth, weights) => quantileOf(truth, level, weights),
    words: saying(`the ${percent} % quantile of the labels, which costs least`),
  };
};

/** The answer of quantiles is that of one level. */
export const quantiles = (level: number): Constant => ({
  of: (truth, weights) => quantileOf(truth, level, weights),
  words: () => 'the quantiles of the labels for every row',
});

export const noOrder: Constant = { of: () => 0, words: () => 'one score for every row (no order)' };

/** Where equal scores have the last of their ranks, which is worse than any order. */
export const anyOrder: Constant = {
  of: () => 0,
  words: () => 'an order at random',
  draw: (_, rows) => {
    const random = createRandom(1);
    return Float64Array.from({ length: rows }, () => random.next());
  },
};

/** The least value that has `level` of the weight of all at and below it; 0 without weight. */
export function quantileOf(values: Float64Array, level: number, weights?: Float64Array): number {
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  const ascending = Uint32Array.from(values, (_, row) => row).sort((a, b) => values[a]! - values[b]!);
  const total = ascending.reduce((sum, row) => sum + weightOf(row), 0);
  let below = 0;
  for (const row of ascending) {
    below += weightOf(row);
    if (below >= level * total && below > 0) return values[row]!;
  }
  return 0;
}
