import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { effectiveRows, type Clusters } from './clusters.ts';
import {
  codeBins,
  codeLabels,
  countCodes,
  placeCodes,
  rowsByCode,
  countsByBin,
  type CodeBins,
  type CountedCodes,
} from './code-bins.ts';
import { rareDrift } from './rare-codes.ts';
import { numberBins, numberLabels, placeNumbers } from './number-bins.ts';

/** Counts of a column of numbers, NaN is missing. */
export function binNumbers(
  column: string,
  reference: Float64Array,
  current: Float64Array,
  clusters?: Clusters,
): ColumnDrift {
  const bins = numberBins(reference, current, clusters);
  return placed(column, numberLabels(bins), placeNumbers(bins, reference), placeNumbers(bins, current), clusters);
}

/** Counts of a column of codes from rows that were counted elsewhere. */
export const binCodes = (
  column: string,
  bins: CodeBins,
  reference: CountedCodes,
  current: CountedCodes,
  rare: ColumnDrift['rare'],
): ColumnDrift => ({
  column,
  bins: codeLabels(bins),
  reference: countsByBin(bins, reference),
  current: countsByBin(bins, current),
  ...(rare === undefined ? {} : { rare }),
});

/**
 * Counts of every column that both frames have. A column is read as the reference has it: the code 3 may come as the number 3.
 * `clusters` says which rows of `current` came from one key.
 */
export const binFrames = (reference: Frame, current: Frame, clusters?: Clusters): ColumnDrift[] =>
  Object.entries(reference.columns).flatMap(([column, ours]) => {
    const theirs = current.columns[column];
    if (theirs === undefined) return [];
    if (ours.type === 'number') return [binNumbers(column, ours.values, numbersOf(theirs), clusters)];
    const codes = codesOf(theirs);
    const counts = countCodes(ours.values);
    const bins = codeBins(rowsByCode(counts, countCodes(codes, clusters)), {
      reference: ours.values.length,
      current: clusters === undefined ? codes.length : clusters.starts.length - 1,
    });
    const [before, now] = [
      placeCodes(bins, ours.values, counts, 'reference'),
      placeCodes(bins, codes, counts, 'current'),
    ];
    const rare = rareDrift({ values: ours.values, counts }, { values: codes, clusters });
    return [{ ...placed(column, codeLabels(bins), before, now, clusters), ...(rare === undefined ? {} : { rare }) }];
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
