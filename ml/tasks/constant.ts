/** The one answer to every row that is best by a metric: what a model must be better than. */
export interface Constant {
  /** The answer, from the labels of the training rows (at least one). */
  readonly of: (truth: Float64Array) => number;
  /** What it is, for a sentence; `answer` is the label. */
  readonly words: (answer: string) => string;
  /** What it gets where the metric is 0 / 0. @default the metric is undefined there */
  readonly worth?: number;
}

const saying =
  (what: string): Constant['words'] =>
  (answer) =>
    `${answer} for every row (${what})`;

/** The class with the most labels, the first of several. */
function mostFrequentOf(truth: Float64Array): number {
  const counts: number[] = [];
  for (const label of truth) counts[label] = (counts[label] ?? 0) + 1;
  return counts.reduce((best, count, label) => (count > (counts[best] ?? 0) ? label : best), 0);
}

export const mostFrequent: Constant = { of: mostFrequentOf, words: saying('the most frequent label') };

/** Of the correlation: a constant answer has none. */
export const uncorrelated: Constant = { ...mostFrequent, worth: 0 };

/** Where the negative label for every row finds no positive one. */
export const positive: Constant = { of: () => 1, words: saying('the positive label') };

/** Where probabilities alone count. */
export const shares: Constant = { of: mostFrequentOf, words: () => 'the share of each label as its probability' };

/** The answer that is worth most in the mean: `matrix[label][answer]`. */
export const worthMost = (matrix: readonly (readonly number[])[]): Constant => ({
  of: (truth) => {
    const sums = matrix.map((_, answer) => truth.reduce((sum, label) => sum + matrix[label]![answer]!, 0));
    return sums.indexOf(Math.max(...sums));
  },
  words: saying('the label that is worth most'),
});

export const mean: Constant = {
  of: (truth) => truth.reduce((sum, value) => sum + value, 0) / truth.length,
  words: saying('the mean of the labels'),
};

export const median: Constant = {
  of: (truth) => quantileOf(truth, 0.5),
  words: saying('the median of the labels'),
};

/** `sum |y - c| / |y|` is least at the median with the weights 1 / |y|, of the labels other than 0. */
export const relativeMedian: Constant = {
  of: (truth) =>
    quantileOf(
      truth.filter((label) => label !== 0),
      0.5,
      (label) => 1 / Math.abs(label),
    ),
  words: saying('the median of the labels, each weighted by 1 / |label|'),
};

/** The pinball loss of the level is least at the quantile (Koenker and Bassett 1978), and costs are that loss by `over + under`. */
export const leastCost = ({ over, under }: { readonly over: number; readonly under: number }): Constant => {
  const level = under / (over + under);
  const percent = Number((100 * level).toPrecision(4));
  return {
    of: (truth) => quantileOf(truth, level),
    words: saying(`the ${percent} % quantile of the labels, which costs least`),
  };
};

/** The answer of quantiles is that of one level. */
export const quantiles = (level: number): Constant => ({
  of: (truth) => quantileOf(truth, level),
  words: () => 'the quantiles of the labels for every row',
});

export const noOrder: Constant = { of: () => 0, words: () => 'one score for every row (no order)' };

/** The least value that has `level` of the weight of all at and below it; 0 without values. */
export function quantileOf(values: Float64Array, level: number, weightOf: (value: number) => number = () => 1): number {
  const sorted = values.toSorted();
  const total = sorted.reduce((sum, value) => sum + weightOf(value), 0);
  let below = 0;
  for (const value of sorted) {
    below += weightOf(value);
    if (below >= level * total) return value;
  }
  return sorted.at(-1) ?? 0;
}
