import type { Learned } from './objective.ts';

/** The value of the residuals (label less score) of a leaf's rows that the share `level` of their weights does not exceed; between two the middle. 0 without rows. */
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
  for (const [at, row] of sorted.entries()) {
    passed += weightOf(row);
    if (passed < wanted || passed === 0) continue;
    const next = sorted.subarray(at + 1).find((other) => weightOf(other) > 0);
    return passed > wanted || next === undefined ? residual(row) : (residual(row) + residual(next)) / 2;
  }
  return 0;
}
