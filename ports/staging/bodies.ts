import type { Frame } from '../../contracts/data/frame.ts';

/** One inference request per row, at most `limit` of them; text as BYTES, numbers as FP64, NaN as null. */
export function requestBodies(rows: Frame, limit: number): string[] {
  return Array.from({ length: Math.min(rows.rowCount, limit) }, (_, row) =>
    JSON.stringify({
      inputs: Object.entries(rows.columns).map(([name, column]) => ({
        name,
        datatype: column.type === 'string' ? 'BYTES' : 'FP64',
        shape: [1, 1],
        data: [column.values[row] ?? null],
      })),
    }),
  );
}
