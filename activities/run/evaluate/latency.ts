import type { LabelSpace } from '../../../contracts/data/label-space.ts';
import type { QualityEvidence } from '../../../contracts/evidence/quality.ts';
import type { Frame } from '../../../contracts/data/frame.ts';
import type { LoadedModel } from '../../../ports/inference/port.ts';

/** Median of repeated passes: over a batch of up to 1,024 rows, and over one row. */
export async function measureLatency(
  model: LoadedModel,
  frame: Frame,
  labelSpace: LabelSpace,
): Promise<QualityEvidence['latency']> {
  const timed = async (rows: Frame): Promise<number> => {
    const times: number[] = [];
    for (let pass = 0; pass < 15; pass += 1) {
      const before = performance.now();
      await model.predict(rows, labelSpace);
      times.push(performance.now() - before);
    }
    return times.toSorted((a, b) => a - b)[7] ?? 0;
  };
  const batch = firstRows(frame, 1024);
  return {
    rowMicros: batch.rowCount === 0 ? 0 : (1000 * (await timed(batch))) / batch.rowCount,
    singleMs: await timed(firstRows(frame, 1)),
  };
}

function firstRows(frame: Frame, count: number): Frame {
  const rowCount = Math.min(count, frame.rowCount);
  const columns = Object.entries(frame.columns).map(([name, column]) =>
    column.type === 'number'
      ? [name, { type: column.type, values: column.values.slice(0, rowCount) }]
      : [name, { type: column.type, values: column.values.slice(0, rowCount) }],
  );
  return { rowCount, columns: Object.fromEntries(columns) };
}
