import { quantileOfSorted } from './quantile.ts';

const parts = 10;

/**
 * Ascending edges between ten parts of equally many values: the deciles 1 to 9 (`quantileOfSorted`), equal ones once. Values that are not
 * finite are left out; without values there are no edges.
 */
export function decileEdges(values: Float64Array): number[] {
  const sorted = values.filter(Number.isFinite).sort();
  if (sorted.length === 0) return [];
  return [...new Set(Array.from({ length: parts - 1 }, (_, place) => quantileOfSorted(sorted, (place + 1) / parts)))];
}
