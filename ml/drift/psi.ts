import type { BinCounts, ColumnDrift, DriftResult } from '../../contracts/evidence/data.ts';
import { benjaminiHochberg } from '../statistics/benjamini-hochberg.ts';
import { noncentralChiSquareTail, noncentralityLowerBound } from '../statistics/chi-square.ts';

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** A PSI with what its sampling distribution needs. */
export interface Psi {
  /** As usually printed, biased upward; at least 0. */
  readonly plain: number;
  /** Bins that hold a row of either side. */
  readonly bins: number;
  /** `1/n + 1/m`; under no drift `plain / scale` is about chi-square with `bins - 1` degrees of freedom. */
  readonly scale: number;
}

/** A share that each bin has at least, so that the PSI of a value that vanished does not grow with the rows that lack it. */
const leastShare = 1e-4;
const addedTo = (rows: number): number => Math.max(0.5, rows * leastShare);

/**
 * Population stability index, `sum_b (q_b - p_b) ln(q_b / p_b)`, over the bins that hold any row. To each count half a row is
 * added, or 1e-4 of the rows where that is more, so that an empty bin stays finite: a share p that vanishes counts at most about
 * `p ln(p / 1e-4)`, on however many rows. In [0, inf), 0 is equal shares. Null where either side is empty.
 */
export function psiOf(reference: readonly number[], current: readonly number[]): Psi | null {
  const n = sum(reference);
  const m = sum(current);
  if (n === 0 || m === 0) return null;
  const used = reference.map((count, bin) => [count, current[bin] ?? 0] as const).filter(([a, b]) => a + b > 0);
  const [before, now] = [addedTo(n), addedTo(m)];
  const plain = used.reduce((total, [a, b]) => {
    const p = (a + before) / (n + used.length * before);
    const q = (b + now) / (m + used.length * now);
    return total + (q - p) * Math.log(q / p);
  }, 0);
  return { plain, bins: used.length, scale: 1 / n + 1 / m };
}

/**
 * PSI of each column, debiased by `(B - 1)(1/n + 1/m)` and cut at 0, its lower confidence bound at level `1 - alpha`
 * (one-sided), and the p-value for "the PSI is at most `floor`" with its Benjamini-Hochberg adjustment over the columns.
 * `PSI / (1/n + 1/m)` is taken as noncentral chi-square with B - 1 degrees of freedom and noncentrality
 * `true PSI / (1/n + 1/m)` (Yurdakul 2018 for the central case). A column with a side without rows, or all in one bin, has no
 * drift to speak of: 0, p = 1. Current rows whose keys come again count as the independent rows that they are worth. Where the rare codes
 * of a column were counted apart, both tables are judged, each at half of `alpha` (Bonferroni), and the one that says more counts.
 */
export function assessDrift(
  drift: readonly ColumnDrift[],
  floor: number | ((column: string) => number),
  alpha = 0.05,
): DriftResult[] {
  const floorOf = typeof floor === 'number' ? () => floor : floor;
  const results = drift.map(({ rare, ...all }) => {
    const tables = rare === undefined ? [all] : [all, rare];
    const found = tables.map((table) => assessCounts(table, Math.max(0, floorOf(all.column)), alpha / tables.length));
    return {
      column: all.column,
      psi: Math.max(...found.map(({ psi }) => psi)),
      lower: Math.max(...found.map(({ lower }) => lower)),
      pValue: Math.min(1, tables.length * Math.min(...found.map(({ pValue }) => pValue))),
    };
  });
  const adjusted = benjaminiHochberg(results.map((result) => result.pValue));
  return results.map((result, i) => ({ ...result, adjusted: adjusted[i] ?? 1 }));
}

function assessCounts({ reference, current, effective }: BinCounts, floor: number, alpha: number) {
  const worth = effective === undefined ? 1 : effective / Math.max(1, sum(current));
  const psi = psiOf(
    reference,
    current.map((count) => count * worth),
  );
  if (psi === null || psi.bins < 2) return { psi: 0, lower: 0, pValue: 1 };
  const { plain, bins, scale } = psi;
  return {
    psi: Math.max(0, plain - (bins - 1) * scale),
    lower: noncentralityLowerBound(plain / scale, bins - 1, alpha) * scale,
    pValue: noncentralChiSquareTail(plain / scale, bins - 1, floor / scale),
  };
}
