import { oncePerKey, type Clusters } from './clusters.ts';

/** The most frequent codes of both sides together that have a bin each. */
const mostCodes = 50;
/** A code that holds more than this share of one side has a bin too, even if the other side has none of it. */
const heavyShare = 0.01;
/** Rows of a code below which it has no bin: the shares of rare codes differ without drift. */
const leastRows = 10;

/** Rows per code, the empty text for what is missing. */
export type CodeCounts = ReadonlyMap<string, number>;

/** Codes with a bin each, the most frequent of both sides first. */
export type CodeBins = readonly string[];

/** One side of a column, counted elsewhere. */
export interface CountedCodes {
  /** Rows of the codes with a bin. */
  readonly counts: CodeCounts;
  readonly missing: number;
  /** Rows of new codes without a bin: see `newCodesBelow`. */
  readonly novel: number;
  readonly rows: number;
}

/** For a query that leaves codes out which `codeBins` would leave out. */
export const codeBinLimits = { mostCodes, heavyShare, leastRows } as const;

/**
 * A code is new where fewer rows of the reference have it. One of the reference's own rows is new where no other has its code: so both
 * sides have as many new rows on average where nothing has drifted (Good 1953, "The population frequencies of species").
 */
export const newCodesBelow = { reference: 2, current: 1 } as const;

/** How many rows of each side a code has. */
export interface CodeRows {
  readonly code: string;
  readonly reference: number;
  readonly current: number;
}

/**
 * Codes of at least ten rows: the 50 most frequent of both sides together, and every code that holds more than a hundredth of one side.
 * Without drift it is chance on which side a code's rows are, so a choice by their sum favours neither.
 * `rows` is how many each side has; `codes` may lack those of fewer than ten.
 */
export function codeBins(codes: readonly CodeRows[], rows: Omit<CodeRows, 'code'>): CodeBins {
  const isHeavy = (side: keyof typeof rows, code: CodeRows): boolean =>
    code[side] >= leastRows && code[side] > rows[side] * heavyShare;
  return codes
    .filter(({ code, reference, current }) => code !== '' && reference + current >= leastRows)
    .toSorted((a, b) => b.reference + b.current - a.reference - a.current || (a.code < b.code ? -1 : 1))
    .filter((code, rank) => rank < mostCodes || isHeavy('reference', code) || isHeavy('current', code))
    .map(({ code }) => code);
}

/** The rows of every code. */
export const rowsByCode = (reference: CodeCounts, current: CodeCounts): CodeRows[] =>
  [...new Set([...reference.keys(), ...current.keys()])].map((code) => ({
    code,
    reference: reference.get(code) ?? 0,
    current: current.get(code) ?? 0,
  }));

/** Three more bins follow the codes. */
export const codeLabels = (bins: CodeBins): string[] => [...bins, 'other', 'new', 'missing'];

/** Rows per code; with `clusters`, keys per code. */
export function countCodes(values: readonly string[], clusters?: Clusters): Map<string, number> {
  const counts = new Map<string, number>();
  for (const code of clusters === undefined ? values : oncePerKey(values, clusters))
    counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

/** Each row's bin; the empty text is missing. `reference` counts every code. */
export function placeCodes(
  bins: CodeBins,
  values: readonly string[],
  reference: CodeCounts,
  side: keyof typeof newCodesBelow,
): Uint16Array {
  const index = new Map(bins.map((code, bin) => [code, bin]));
  const [other, fresh, missing] = [bins.length, bins.length + 1, bins.length + 2];
  index.set('', missing);
  const isNew = (code: string): boolean => (reference.get(code) ?? 0) < newCodesBelow[side];
  return Uint16Array.from(values, (code) => index.get(code) ?? (isNew(code) ? fresh : other));
}

/** Rows per bin; each row is in exactly one. */
export function countsByBin(bins: CodeBins, { counts, missing, novel, rows }: CountedCodes): number[] {
  const known = bins.map((code) => counts.get(code) ?? 0);
  return [...known, rows - missing - novel - known.reduce((sum, count) => sum + count, 0), novel, missing];
}
