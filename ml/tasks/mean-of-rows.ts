import type { MetricOfRows } from './metric.ts';

/** The mean over the rows of a value of each, computed once. Null without rows. */
export function meanOfRows(truth: Float64Array, of: (label: number, row: number) => number): MetricOfRows {
  const values = truth.map(of);
  return (weights) => {
    let sum = 0;
    let rows = 0;
    for (let row = 0; row < values.length; row++) {
      const weight = weights === undefined ? 1 : (weights[row] ?? 0);
      sum += weight * values[row]!;
      rows += weight;
    }
    return rows === 0 ? null : sum / rows;
  };
}
