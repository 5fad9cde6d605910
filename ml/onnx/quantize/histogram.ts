import type { ActivationRange } from './scheme.ts';

const bins = 2048;

export interface ActivationHistogram {
  add(values: Float32Array): void;
  count(): number;
  /** The values between the percentiles `100 - p` and `p`; NaN to NaN where a value was not finite. */
  range(percentile: number): ActivationRange;
}

/** Counts values in bins that are symmetric to zero, and doubles their width whenever a value lies beyond: O(1) memory. */
export function createHistogram(): ActivationHistogram {
  let counts = new Float64Array(bins);
  let [limit, count, min, max, finite] = [0, 0, Infinity, -Infinity, true];

  const widen = (least: number): void => {
    if (limit === 0) limit = least;
    while (limit < least) {
      const wider = new Float64Array(bins);
      for (let bin = 0; bin < bins; bin += 1) {
        const into = bins / 4 + Math.floor(bin / 2);
        wider[into] = (wider[into] ?? 0) + (counts[bin] ?? 0);
      }
      counts = wider;
      limit *= 2;
    }
  };

  /** Distance from the low end in bins within which at most `share` of the values lie. */
  const tail = (share: number, from: Float64Array): number => {
    let [sum, bin] = [0, 0];
    while (bin < bins && sum + (from[bin] ?? 0) <= share * count) {
      sum += from[bin] ?? 0;
      bin += 1;
    }
    return bin;
  };

  return {
    add(values) {
      if (!values.every(Number.isFinite)) finite = false;
      if (!finite || values.length === 0) {
        count += values.length;
        return;
      }
      for (const value of values) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
      widen(Math.max(Math.abs(min), Math.abs(max)));
      for (const value of values) {
        // Zeros alone have no width yet: theirs is the middle bin at every width.
        const at = limit === 0 ? bins / 2 : Math.floor(((value + limit) / (2 * limit)) * bins);
        const bin = Math.min(bins - 1, at);
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      count += values.length;
    },
    count: () => count,
    range(percentile) {
      if (!finite) return { min: Number.NaN, max: Number.NaN };
      const share = 1 - percentile / 100;
      const width = (2 * limit) / bins;
      if (share === 0) return { min, max };
      return {
        min: Math.max(min, tail(share, counts) * width - limit),
        max: Math.min(max, limit - tail(share, counts.toReversed()) * width),
      };
    },
  };
}
