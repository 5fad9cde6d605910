/** Values of the reference that have a bin of their own. */
export const mostCodes = 50;

export interface CodeTally {
  /** Rows per code, the empty text for what is missing. Codes that have no bin may be left out. */
  readonly counts: ReadonlyMap<string, number>;
  readonly rows: number;
}

/** Codes with a bin each, the most frequent first; two more bins are for other codes and for what is missing. */
export type CodeBins = readonly string[];

/** The most frequent codes of a reference, at most `mostCodes`; the empty text is missing and has no code. */
export const codeBins = ({ counts }: CodeTally): CodeBins =>
  [...counts]
    .filter(([code]) => code !== '')
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, mostCodes)
    .map(([code]) => code);

export const codeLabels = (bins: CodeBins): string[] => [...bins, 'other', 'missing'];

/** Each row's bin; the empty text is missing. */
export function placeCodes(bins: CodeBins, values: readonly string[]): Uint16Array {
  const index = new Map(bins.map((code, bin) => [code, bin]));
  index.set('', bins.length + 1);
  return Uint16Array.from(values, (value) => index.get(value) ?? bins.length);
}

/** Rows per bin; each row is in exactly one. */
export function countCodes(bins: CodeBins, { counts, rows }: CodeTally): number[] {
  const known = bins.map((code) => counts.get(code) ?? 0);
  const missing = counts.get('') ?? 0;
  return [...known, rows - missing - known.reduce((sum, count) => sum + count, 0), missing];
}
