import { createRandom } from '../random.ts';
import { oncePerKey, type Clusters } from './clusters.ts';

const quantiles = 10;
/** A value that holds more than this share of the rows has a bin of its own. */
const heavyShare = 1 / quantiles;
/** A smaller share of the reference cannot raise an alarm, wherever it goes. */
const leastShare = 0.01;
/** Current rows with a value below which it has no bin of its own. */
const leastRows = 10;
/** Rows of a side that the bins are made from; every row is counted. */
const mostRows = 100_000;

/** Bins of a column of numbers, in their order: one per heavy value, the intervals between the edges, one for what is missing. */
export interface NumberBins {
  /** Ascending. */
  readonly heavy: Float32Array;
  /** Ascending upper ends of the intervals `(edge, next edge]`; the first and the last interval are open. */
  readonly edges: Float32Array;
}

/**
 * Bins of a reference, NaN is missing. A value that holds more than a tenth of the rows has a bin of its own. So has one that
 * holds more than a tenth of the other rows and more than a hundredth of all, and one that holds more than a tenth of the current rows,
 * in ten of them at least. What is left is cut at its deciles. Numbers are compared as float32, which is how a model and the prediction
 * log see them. Current rows of one key count once for each value.
 */
export function numberBins(reference: Float64Array, current: Float64Array, clusters?: Clusters): NumberBins {
  const sample = sampleOf(reference);
  const present = presentOf(sample);
  const first = heavyValues(present, sample.length * heavyShare);
  const others = without(present, first);
  const second = heavyValues(others, Math.max(others.length * heavyShare, sample.length * leastShare));
  const now = sampleOf(clusters === undefined ? current : Float64Array.from(oncePerKey(current, clusters)));
  const third = heavyValues(presentOf(now), Math.max(now.length * heavyShare, leastRows - 1));
  return {
    heavy: Float32Array.from(new Set([...first, ...second, ...third])).sort(),
    edges: observedDeciles(without(without(others, second), third)),
  };
}

/** Ascending, without what is missing. */
const presentOf = (values: Float64Array): Float32Array =>
  Float32Array.from(values.filter((value) => !Number.isNaN(value))).sort();

/** One row of each of so many equal parts, at random within it, so that no rhythm of the rows shows. */
function sampleOf(values: Float64Array): Float64Array {
  if (values.length <= mostRows) return values;
  const random = createRandom(1);
  const step = values.length / mostRows;
  return Float64Array.from(
    { length: mostRows },
    (_, i) => values[Math.floor((i + random.next()) * step)] ?? Number.NaN,
  );
}

/** Values that more than `least` of the ascending rows hold. */
function heavyValues(sorted: Float32Array, least: number): number[] {
  const heavy: number[] = [];
  for (let from = 0; from < sorted.length;) {
    const value = sorted[from] ?? Number.NaN;
    let to = from + 1;
    while (sorted[to] === value) to += 1;
    if (to - from > least) heavy.push(value);
    from = to;
  }
  return heavy;
}

const without = (sorted: Float32Array, values: readonly number[]): Float32Array =>
  values.length === 0 ? sorted : sorted.filter((value) => !values.includes(value));

/** Each decile once: the smallest value that at least so many rows do not exceed. */
function observedDeciles(sorted: Float32Array): Float32Array {
  const edges = Array.from(
    { length: sorted.length === 0 ? 0 : quantiles - 1 },
    (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / quantiles) - 1] ?? Number.NaN,
  );
  return Float32Array.from(new Set(edges));
}

export function numberLabels({ heavy, edges }: NumberBins): string[] {
  const ends = Array.from(edges, shown);
  return [
    ...Array.from(heavy, (value) => `= ${shown(value)}`),
    ...ends.map((end, i) => (i === 0 ? `<= ${end}` : `(${ends[i - 1]}, ${end}]`)),
    ends.length === 0 ? 'other' : `> ${ends.at(-1)}`,
    'missing',
  ];
}

/** A float32 has seven digits or so. */
const shown = (value: number): string => String(Number(value.toPrecision(7)));

/** Each row's bin. */
export function placeNumbers({ heavy, edges }: NumberBins, values: Float64Array): Uint16Array {
  const points = Float32Array.from(new Set([...heavy, ...edges])).sort();
  const heavyBin = Array.from(points, (point) => heavy.indexOf(point));
  const intervalBin = Array.from(
    { length: points.length + 1 },
    (_, i) => heavy.length + edges.filter((edge) => i > 0 && edge <= (points[i - 1] ?? 0)).length,
  );
  const missing = heavy.length + edges.length + 1;
  return Uint16Array.from(values, (exact) => {
    const value = Math.fround(exact);
    if (Number.isNaN(value)) return missing;
    const at = firstAtLeast(points, value);
    const own = points[at] === value ? (heavyBin[at] ?? -1) : -1;
    return own >= 0 ? own : (intervalBin[at] ?? 0);
  });
}

/** Position of the first point that is at least so large; the number of points where there is none. */
function firstAtLeast(points: Float32Array, value: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
