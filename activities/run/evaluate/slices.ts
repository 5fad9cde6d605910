import type { QualityEvidence } from '../../../contracts/evidence/quality.ts';
import type { Frame, Predictions } from '../../../contracts/data/frame.ts';
import { metricsNamed } from '../../../ml/tasks/index.ts';
import { measure, type Outcomes } from '../../../ml/tasks/metric.ts';
import { rowsOf } from '../../../ml/tasks/take-rows.ts';
import type { Task } from '../../../ml/tasks/task.ts';

const mostSliceValues = 30;
const leastSliceRows = 20;

/** Quality by value of a column, most frequent values first; very small slices say nothing and are left out. */
export function slicesOf(
  column: string,
  frame: Frame,
  task: Task,
  judged: { readonly outcomes: Outcomes; readonly predictions: Predictions },
): QualityEvidence['slices'] {
  const metrics = metricsNamed(task, task.sliceMetrics);
  const byValue = new Map<string, number[]>();
  for (let row = 0; row < frame.rowCount; row += 1) {
    const value = String(frame.columns[column]?.values[row] ?? '');
    const rows = byValue.get(value);
    if (rows === undefined) byValue.set(value, [row]);
    else rows.push(row);
  }
  return [...byValue]
    .filter(([, rows]) => rows.length >= leastSliceRows)
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, mostSliceValues)
    .map(([value, rows]) => {
      const { outcomes, predictions } = rowsOf(rows, judged);
      return { column, value, rows: rows.length, metrics: measure(metrics, outcomes, predictions) };
    });
}
