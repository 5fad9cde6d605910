import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import type { ColumnData, Frame } from '../../contracts/frame.ts';
import { effectiveRows, type Clusters } from './clusters.ts';
import { countCodes, codeBins, codeLabels, placeCodes, type CodeTally } from './code-bins.ts';
import { numberBins, numberLabels, placeNumbers } from './number-bins.ts';

/** Counts of a column of numbers, NaN is missing, in bins that the reference makes. */
export function binNumbers(
  column: string,
  reference: Float64Array,
  current: Float64Array,
  clusters?: Clusters,
): ColumnDrift {
  const bins = numberBins(reference);
  return placed(column, numberLabels(bins), placeNumbers(bins, reference), placeNumbers(bins, current), clusters);
}

/** Counts of a column of codes in bins that the reference makes, from rows that were counted elsewhere. */
export function binCodes(column: string, reference: CodeTally, current: CodeTally): ColumnDrift {
  const bins = codeBins(reference);
  return { column, bins: codeLabels(bins), reference: countCodes(bins, reference), current: countCodes(bins, current) };
}

/**
 * Counts of every column that both frames have. A column is read as the reference has it: the code 3 may come as the number 3.
 * `clusters` says which rows of `current` came from one key.
 */
export const binFrames = (reference: Frame, current: Frame, clusters?: Clusters): ColumnDrift[] =>
  Object.entries(reference.columns).flatMap(([column, ours]) => {
    const theirs = current.columns[column];
    if (theirs === undefined) return [];
    if (ours.type === 'number') return [binNumbers(column, ours.values, numbersOf(theirs), clusters)];
    const bins = codeBins(tallyOf(ours.values));
    return [
      placed(column, codeLabels(bins), placeCodes(bins, ours.values), placeCodes(bins, codesOf(theirs)), clusters),
    ];
  });

function placed(
  column: string,
  bins: string[],
  reference: Uint16Array,
  current: Uint16Array,
  clusters?: Clusters,
): ColumnDrift {
  const count = (places: Uint16Array): number[] => {
    const counts = bins.map(() => 0);
    for (const bin of places) counts[bin] = (counts[bin] ?? 0) + 1;
    return counts;
  };
  return {
    column,
    bins,
    reference: count(reference),
    current: count(current),
    ...(clusters === undefined ? {} : { effective: effectiveRows(current, bins.length, clusters) }),
  };
}

const numbersOf = (data: ColumnData): Float64Array =>
  data.type === 'number'
    ? data.values
    : Float64Array.from(data.values, (text) => (text.trim() === '' ? Number.NaN : Number(text)));

const codesOf = (data: ColumnData): readonly string[] =>
  data.type === 'string' ? data.values : Array.from(data.values, (value) => (Number.isNaN(value) ? '' : String(value)));

function tallyOf(values: readonly string[]): CodeTally {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return { counts, rows: values.length };
}
