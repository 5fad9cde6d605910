import type { QualityEvidence } from '../../../contracts/evidence/quality.ts';
import type { Frame, Predictions } from '../../../contracts/data/frame.ts';
import { aucOf, rankScores } from '../../../ml/metrics/auc.ts';

const mostSliceValues = 30;
const leastSliceRows = 20;

/** Quality by value of a column, most frequent values first; very small slices say nothing and are left out. */
export function slicesOf(
  column: string,
  frame: Frame,
  labels: Uint8Array,
  predictions: Predictions,
): QualityEvidence['slices'] {
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < frame.rowCount; row += 1) {
    const value = String(frame.columns[column]?.values[row] ?? '');
    const rows = rowsOf.get(value);
    if (rows === undefined) rowsOf.set(value, [row]);
    else rows.push(row);
  }
  return [...rowsOf]
    .filter(([, rows]) => rows.length >= leastSliceRows)
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, mostSliceValues)
    .map(([value, rows]) => {
      const sliceLabels = Uint8Array.from(rows, (row) => labels[row] ?? 0);
      const right = rows.filter((row) => labels[row] === predictions.positive[row]).length;
      const scores = Float64Array.from(rows, (row) => predictions.probability[row] ?? 0);
      return {
        column,
        value,
        rows: rows.length,
        accuracy: right / rows.length,
        auc: aucOf(sliceLabels, rankScores(scores)),
      };
    });
}
