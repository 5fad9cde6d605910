import type { ColumnDrift } from '../../contracts/evidence/data.ts';
import { clustersOf, effectiveRows, type Clusters } from './clusters.ts';
import { codeBinLimits, newCodesBelow, type CodeCounts } from './code-bins.ts';

/** Bins of the rows from which nothing was learned. */
export const rareLabels = ['frequent', 'other, risen', 'other, fallen', 'other', 'new', 'missing'] as const;
export type RarePlace = (typeof rareLabels)[number];

/** Rare codes are looked at where they hold more than this share of a side. */
const leastRareShare = 0.01;

type Side = keyof typeof newCodesBelow;

/** Two multiplications that mix the number of a row or key to a half of all, and what SQL and Python need to do the same. */
export const foldFactors = [0x9e3779b1, 0x85ebca77] as const;

/** Whether it is learned from a row, or from a key with all its rows, which of the rare codes have risen. */
function isLearnedFrom(number: number): boolean {
  const mixed = Math.imul(number, foldFactors[0]) >>> 0;
  return Math.imul(mixed ^ (mixed >>> 16), foldFactors[1]) < 0;
}

/**
 * Rows by where their codes moved, so that rare codes that change places among themselves are seen. One half of the rows says which codes are frequent,
 * which of the others have a larger share now, and which a smaller one; the other half is counted, so that without drift chance alone moves
 * these counts. The PSI over fewer bins is never larger than that over all codes. Undefined where such codes are few, or a half is empty.
 */
export function rareDrift(
  reference: { readonly values: readonly string[]; readonly counts: CodeCounts },
  current: { readonly values: readonly string[]; readonly clusters?: Clusters | undefined },
): ColumnDrift['rare'] {
  const keys = current.clusters === undefined ? null : keysOf(current.clusters);
  const halves = {
    reference: halvesOf(reference.values, (row) => row),
    current: halvesOf(current.values, (row) => keys?.[row] ?? row),
  };
  const learned = {
    reference: rareCounts(reference.values, halves.reference.learned),
    current: rareCounts(current.values, halves.current.learned),
  };
  const sizes = { reference: halves.reference.learned.length, current: halves.current.learned.length };
  const frequent = { reference: frequentFrom(sizes.reference), current: frequentFrom(sizes.current) };
  const placeOf = (code: string, side: Side): RarePlace => {
    if (code === '') return 'missing';
    const [before, now] = [learned.reference.get(code) ?? 0, learned.current.get(code) ?? 0];
    if (before >= frequent.reference || now >= frequent.current) return 'frequent';
    if ((reference.counts.get(code) ?? 0) < newCodesBelow[side]) return 'new';
    const rise = now * sizes.reference - before * sizes.current;
    return rise > 0 ? 'other, risen' : rise < 0 ? 'other, fallen' : 'other';
  };
  const placesOf = (side: Side, values: readonly string[]): Uint16Array =>
    Uint16Array.from(halves[side].counted, (row) => rareLabels.indexOf(placeOf(values[row] ?? '', side)));
  const [before, now] = [placesOf('reference', reference.values), placesOf('current', current.values)];
  const table = rareTable(countPlaces(before), countPlaces(now), sizes);
  if (table === undefined || keys === null) return table;
  const clusters = clustersOf(halves.current.counted.map((row) => keys[row] ?? 0));
  return { ...table, effective: effectiveRows(now, rareLabels.length, clusters) };
}

/** How many of so many rows a frequent code has. */
export const frequentFrom = (rows: number): number =>
  Math.max(codeBinLimits.leastRows, Math.floor(rows * codeBinLimits.heavyShare) + 1);

/** The counts of `rareDrift` from rows that were counted elsewhere; undefined where they say nothing. `learned` are the rows of the other halves. */
export function rareTable(
  reference: number[],
  current: number[],
  learned: Readonly<Record<Side, number>>,
): ColumnDrift['rare'] {
  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
  const isRare = (counts: readonly number[]): boolean => total(counts.slice(1, 4)) > total(counts) * leastRareShare;
  const halves = [learned.reference, learned.current, total(reference), total(current)];
  if (Math.min(...halves) === 0 || !(isRare(reference) || isRare(current))) return undefined;
  return { bins: [...rareLabels], reference, current };
}

const countPlaces = (places: Uint16Array): number[] => {
  const counts: number[] = rareLabels.map(() => 0);
  for (const place of places) counts[place] = (counts[place] ?? 0) + 1;
  return counts;
};

function halvesOf(values: readonly string[], numberOf: (row: number) => number) {
  const rows = Int32Array.from(values, (_, row) => row);
  return {
    learned: rows.filter((row) => isLearnedFrom(numberOf(row))),
    counted: rows.filter((row) => !isLearnedFrom(numberOf(row))),
  };
}

function rareCounts(values: readonly string[], rows: Int32Array): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const code = values[row] ?? '';
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return counts;
}

/** The number of the key of each row. */
function keysOf({ order, starts }: Clusters): Int32Array {
  const keys = new Int32Array(order.length);
  for (let key = 0; key + 1 < starts.length; key++)
    for (let i = starts[key] ?? 0; i < (starts[key + 1] ?? 0); i++) keys[order[i] ?? 0] = key;
  return keys;
}
