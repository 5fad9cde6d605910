import type { Frame } from '../../contracts/data/frame.ts';
import { columnOf, fitCodes, numbersOf, textsOf, unusable, type Feature } from '../training/encoding.ts';

/** Rows that bins of numbers are fitted on, evenly spaced, where there are more. */
const mostFitted = 200_000;

/** A number is in bin `i + 1` where `bounds[i]` is the first bound that it does not exceed. The last bound is infinite. */
export interface NumericBins {
  readonly name: string;
  readonly kind: 'numeric';
  readonly bounds: Float32Array;
}

/** Code `codes[i]` is in bin `i + 1`. */
export interface CategoryBins {
  readonly name: string;
  readonly kind: 'categorical';
  readonly codes: readonly string[];
}

export type ColumnBins = NumericBins | CategoryBins;

/**
 * How raw columns become bins, fitted on the training rows; in the order of the definition. Bin 0 holds missing values, of categories also rare and
 * unseen ones.
 */
export type Binning = readonly ColumnBins[];

/** Bins of a column, the missing one included. */
export const binCount = (column: ColumnBins): number =>
  1 + (column.kind === 'numeric' ? column.bounds.length : column.codes.length);

/**
 * Fits bins on the training rows, a column a step: numbers by at most `bins - 1` quantiles, with bins of their own for heavy values; of
 * codes the most frequent. Throws `InvalidConfigError` for a feature that is neither numeric nor categorical, and `InvalidDataError` for one
 * that the frame lacks.
 */
export function* fitBinning(features: readonly Feature[], frame: Frame, bins: number): Generator<void, Binning, void> {
  const fitted: ColumnBins[] = [];
  for (const { name, column } of features) {
    const data = columnOf(frame, name);
    if (column.kind === 'numeric') {
      fitted.push({ name, kind: 'numeric', bounds: fitBounds(sampled(numbersOf(data)), bins - 1) });
    } else if (column.kind === 'categorical') {
      const texts = textsOf(data);
      fitted.push({ name, kind: 'categorical', codes: mostFrequent(fitCodes(column, texts), texts, bins - 1) });
    } else throw unusable(name, `is of kind "${column.kind}"; features are numeric or categorical`);
    yield;
  }
  return fitted;
}

/** The bins of the rows, column by column. Throws `InvalidDataError` for a column that the frame lacks. */
export function* binRows(binning: Binning, frame: Frame): Generator<Uint8Array, void, void> {
  for (const column of binning) {
    const data = columnOf(frame, column.name);
    yield column.kind === 'numeric'
      ? binNumbers(column.bounds, numbersOf(data))
      : binCodes(column.codes, textsOf(data));
  }
}

function sampled(values: Float64Array): Float32Array {
  const step = Math.max(1, Math.ceil(values.length / mostFitted));
  const taken = new Float32Array(Math.ceil(values.length / step));
  let count = 0;
  for (let row = 0; row < values.length; row += step) {
    const value = values[row]!;
    if (!Number.isNaN(value)) taken[count++] = value;
  }
  return taken.subarray(0, count).sort();
}

/**
 * Bounds between sorted values: between each two that differ where they are few; else a value that is as heavy as a mean bin gets one of its
 * own, and the others share what is left, evenly. Unlike in LightGBM no few rows beside such a value join its bin.
 */
function fitBounds(values: Float32Array, most: number): Float32Array {
  const { distinct, counts } = countDistinct(values);
  const ends = distinct.length <= most ? [...distinct.keys()] : evenEnds(counts, most);
  const bounds = new Float32Array(Math.max(1, ends.length));
  for (const [i, end] of ends.entries()) {
    const next = distinct[end + 1];
    bounds[i] = next === undefined ? Infinity : between(distinct[end]!, next);
  }
  bounds[bounds.length - 1] = Infinity;
  return bounds;
}

function countDistinct(sorted: Float32Array): { distinct: Float32Array; counts: Uint32Array } {
  const distinct = new Float32Array(sorted.length);
  const counts = new Uint32Array(sorted.length);
  let found = 0;
  for (let i = 0; i < sorted.length; i++) {
    // 0 for -0 too.
    const value = sorted[i]! + 0;
    if (found === 0 || value !== distinct[found - 1]) distinct[found++] = value;
    counts[found - 1]! += 1;
  }
  return { distinct: distinct.subarray(0, found), counts: counts.subarray(0, found) };
}

/** Places of the last values of the bins, the last one included. */
function evenEnds(counts: Uint32Array, most: number): number[] {
  const heavy = heavyOf(counts, most);
  const runs = runsOf(counts, heavy);
  const light = runs.filter(({ isHeavy }) => !isHeavy);
  let binsLeft = most - (runs.length - light.length);
  let rowsLeft = light.reduce((sum, { rows }) => sum + rows, 0);
  let runsLeft = light.length;
  return runs.flatMap(({ from, to, rows, isHeavy }) => {
    if (isHeavy) return [from];
    runsLeft -= 1;
    const bins = Math.max(1, Math.min(binsLeft - runsLeft, Math.round((binsLeft * rows) / rowsLeft)));
    const ends = endsOf(counts, { from, to, rows, bins });
    binsLeft -= ends.length;
    rowsLeft -= rows;
    return ends;
  });
}

/** Places of the values that get a bin each: the heaviest ones, as long as the runs of values between them get one too. */
function heavyOf(counts: Uint32Array, most: number): ReadonlySet<number> {
  const least = counts.reduce((sum, count) => sum + count, 0) / most;
  const places: number[] = [];
  for (let at = 0; at < counts.length; at++) if (counts[at]! >= least) places.push(at);
  const heavy = new Set<number>();
  let runs = 1;
  for (const at of places.sort((a, b) => counts[b]! - counts[a]! || a - b)) {
    const isOpen = (beside: number): boolean => beside >= 0 && beside < counts.length && !heavy.has(beside);
    const after = runs - 1 + Number(isOpen(at - 1)) + Number(isOpen(at + 1));
    if (heavy.size + 1 + after > most) continue;
    heavy.add(at);
    runs = after;
  }
  return heavy;
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
}

/** Each heavy value, and the values between two of them together, in their order. */
function runsOf(counts: Uint32Array, heavy: ReadonlySet<number>): (Run & { readonly isHeavy: boolean })[] {
  const runs: (Run & { readonly isHeavy: boolean })[] = [];
  let [from, rows] = [0, 0];
  const endLight = (to: number): void => {
    if (to > from) runs.push({ from, to, rows, isHeavy: false });
  };
  for (let at = 0; at < counts.length; at++) {
    const count = counts[at]!;
    if (!heavy.has(at)) {
      rows += count;
      continue;
    }
    endLight(at);
    runs.push({ from: at, to: at + 1, rows: count, isHeavy: true });
    [from, rows] = [at + 1, 0];
  }
  endLight(counts.length);
  return runs;
}

/** Places of the last values of at most so many bins of a run, each of a mean bin's rows at least (the greedy rule of LightGBM). */
function endsOf(counts: Uint32Array, { from, to, rows, bins }: Run & { readonly bins: number }): number[] {
  const ends: number[] = [];
  let [left, inBin, mean] = [rows, 0, rows / bins];
  for (let at = from; at < to - 1 && ends.length < bins - 1; at++) {
    inBin += counts[at]!;
    left -= counts[at]!;
    if (inBin < mean) continue;
    ends.push(at);
    inBin = 0;
    mean = left / (bins - ends.length);
  }
  return [...ends, to - 1];
}

/** A float32 that is at least the lower one and below the upper one. */
function between(lower: number, upper: number): number {
  const middle = Math.fround(lower / 2 + upper / 2);
  return middle >= lower && middle < upper ? middle : lower;
}

function mostFrequent(codes: readonly string[], texts: readonly string[], most: number): string[] {
  const counts = new Map(codes.map((code) => [code, 0]));
  for (const text of texts) {
    const count = counts.get(text);
    if (count !== undefined) counts.set(text, count + 1);
  }
  // A sort is stable: equally frequent codes stay in their order.
  const seen = codes.filter((code) => counts.get(code)! > 0).sort((a, b) => counts.get(b)! - counts.get(a)!);
  return seen.slice(0, most);
}

/** Buckets of equal width that the range of a column's bounds is cut into. */
const buckets = 4_096;

/** A bound is looked for among those of the value's bucket alone, which are none or one mostly. */
function binNumbers(bounds: Float32Array, values: Float64Array): Uint8Array {
  const last = bounds.length - 1;
  const least = bounds[0]!;
  const scale = last < 2 ? 0 : (buckets - 1) / (bounds[last - 1]! - least);
  // Rounding keeps this rising with the value, so that bounds of other buckets are on their side of it.
  const bucketOf = (value: number): number => {
    const place = (value - least) * scale;
    return place > 0 ? (place < buckets ? Math.floor(place) : buckets - 1) : 0;
  };
  const firsts = new Uint16Array(buckets + 1).fill(last);
  for (let bin = last - 1; bin >= 0; bin--) firsts[bucketOf(bounds[bin]!)] = bin;
  for (let bucket = buckets - 1; bucket >= 0; bucket--) firsts[bucket] = Math.min(firsts[bucket]!, firsts[bucket + 1]!);
  const bins = new Uint8Array(values.length);
  for (let row = 0; row < bins.length; row++) {
    const value = Math.fround(values[row]!);
    if (Number.isNaN(value)) continue;
    const bucket = bucketOf(value);
    let [low, high] = [firsts[bucket]!, firsts[bucket + 1]!];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    bins[row] = low + 1;
  }
  return bins;
}

function binCodes(codes: readonly string[], texts: readonly string[]): Uint8Array {
  const binOf = new Map(codes.map((code, i) => [code, i + 1]));
  return Uint8Array.from(texts, (text) => binOf.get(text) ?? 0);
}
