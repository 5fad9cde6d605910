import type { Window } from './port.ts';

/** Samples of one counter, ascending: `[milliseconds, value]`. */
export interface Series {
  /** Its labels, as one text. */
  readonly key: string;
  readonly samples: readonly (readonly [number, number])[];
}

/** Where a counter stood before the first sample that is to be counted. */
export interface LastSample {
  readonly at: number;
  readonly value: number;
}

/**
 * Sums what counters grew in each window: for samples v1, v2 in a row, v2 - v1, or v2 where the counter restarted (v2 < v1).
 * Nothing is extrapolated. An increment belongs to the window that holds both of its samples; one that reaches over a
 * window's beginning belongs to none, since part of it was counted under another share. A counter that `lastSamples` does not
 * know began at 0; its first value belongs to the window of its first sample. `lastSamples` is moved on to the last samples, so
 * that the next stretch of time can follow.
 *
 * @returns per window a count, 0 or more; whole where the counters are
 */
export function incrementsOf(
  series: readonly Series[],
  windows: readonly Window[],
  lastSamples: Map<string, LastSample>,
): number[] {
  const sums = windows.map(() => 0);
  for (const { key, samples } of series) {
    let before = lastSamples.get(key);
    for (const [at, value] of samples) {
      const index = windows.findIndex(({ from, to }) => at > from && at <= to);
      const window = windows[index];
      const grown = before === undefined || value < before.value ? value : value - before.value;
      if (window !== undefined && (before === undefined || before.at >= window.from))
        sums[index] = (sums[index] ?? 0) + grown;
      before = { at, value };
    }
    if (before !== undefined) lastSamples.set(key, before);
  }
  return sums;
}

/** The longest time between two neighbours of `times`, in the unit of `times`; 0 where there are fewer than two. */
export function longestGap(times: Iterable<number>): number {
  const sorted = Float64Array.from(times).toSorted();
  return sorted.reduce((gap, at, index) => Math.max(gap, at - (sorted[index - 1] ?? at)), 0);
}
