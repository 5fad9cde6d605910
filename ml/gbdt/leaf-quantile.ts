import type { Learned } from './objective.ts';

/** The value of the residuals (label less score) of a leaf's rows that the share `level` of their weights does not exceed. 0 without rows. */
export function weightedQuantile(
  rows: Uint32Array,
  level: number,
  scores: Float64Array,
  { labels, weights }: Learned,
): number {
  const residual = (row: number): number => labels[row]! - scores[row]!;
  const sorted = Uint32Array.from(rows).sort((a, b) => residual(a) - residual(b) || a - b);
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  const wanted = level * sorted.reduce((sum, row) => sum + weightOf(row), 0);
  let passed = 0;
  for (const row of sorted) {
    passed += weightOf(row);
    if (passed >= wanted && passed > 0) return residual(row);
  }
  return 0;
}
