import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import type { ColumnData, Frame } from '../../contracts/frame.ts';

const quantiles = 10;
const mostCodes = 50;

/**
 * Counts of every column that both frames have, in bins that the reference makes: its deciles with open ends for numbers,
 * its 50 most frequent values for text, and one bin each for what is missing and for what it never held.
 */
export function binFrames(reference: Frame, current: Frame): ColumnDrift[] {
  return Object.entries(reference.columns).flatMap(([column, ours]) => {
    const theirs = current.columns[column];
    if (theirs === undefined || theirs.type !== ours.type) return [];
    const { bins, place } = ours.type === 'number' ? numericBins(ours.values) : codeBins(ours.values);
    const count = (data: ColumnData): number[] => {
      const counts = bins.map(() => 0);
      for (const value of data.values) {
        const bin = place(value);
        counts[bin] = (counts[bin] ?? 0) + 1;
      }
      return counts;
    };
    return [{ column, bins, reference: count(ours), current: count(theirs) }];
  });
}

interface Bins {
  readonly bins: string[];
  readonly place: (value: number | string) => number;
}

function numericBins(values: Float64Array): Bins {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const edges = [
    ...new Set(
      Array.from({ length: quantiles - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / quantiles)] ?? 0),
    ),
  ];
  const bins = [
    ...edges.map((edge, i) => (i === 0 ? `< ${edge}` : `${edges[i - 1]} to ${edge}`)),
    `>= ${edges.at(-1) ?? 0}`,
    'missing',
  ];
  return {
    bins,
    place(value) {
      if (typeof value === 'string' || Number.isNaN(value)) return bins.length - 1;
      const above = edges.findIndex((edge) => value < edge);
      return above === -1 ? edges.length : above;
    },
  };
}

function codeBins(values: readonly string[]): Bins {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  const codes = [...counts]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, mostCodes)
    .map(([code]) => code);
  const index = new Map(codes.map((code, i) => [code, i]));
  const bins = [...codes, 'other', 'missing'];
  return {
    bins,
    place: (value) => (value === '' ? bins.length - 1 : (index.get(String(value)) ?? bins.length - 2)),
  };
}
