import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import type { ColumnData, Frame } from '../../contracts/frame.ts';
import { countCodes, codeBins, codeLabels, type CodeTally } from './code-bins.ts';
import { countNumbers, numberBins, numberLabels } from './number-bins.ts';

/** Counts of a column of numbers, NaN is missing, in bins that the reference makes. */
export function binNumbers(column: string, reference: Float64Array, current: Float64Array): ColumnDrift {
  const bins = numberBins(reference);
  return {
    column,
    bins: numberLabels(bins),
    reference: countNumbers(bins, reference),
    current: countNumbers(bins, current),
  };
}

/** Counts of a column of codes in bins that the reference makes. */
export function binCodes(column: string, reference: CodeTally, current: CodeTally): ColumnDrift {
  const bins = codeBins(reference);
  return { column, bins: codeLabels(bins), reference: countCodes(bins, reference), current: countCodes(bins, current) };
}

/** Counts of every column that both frames have. A column is read as the reference has it: the code 3 may come as the number 3. */
export const binFrames = (reference: Frame, current: Frame): ColumnDrift[] =>
  Object.entries(reference.columns).flatMap(([column, ours]) => {
    const theirs = current.columns[column];
    if (theirs === undefined) return [];
    return [
      ours.type === 'number'
        ? binNumbers(column, ours.values, numbersOf(theirs))
        : binCodes(column, tallyOf(ours.values), tallyOf(codesOf(theirs))),
    ];
  });

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
