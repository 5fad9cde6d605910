import type { ColumnData, Frame } from '../../../contracts/data/frame.ts';

/** So many rows from a position on; after the last row the first follows again. The frame has rows. */
export function takeRows(frame: Frame, from: number, count: number): Frame {
  const at = (row: number): number => (from + row) % frame.rowCount;
  const take = (column: ColumnData): ColumnData =>
    column.type === 'number'
      ? {
          type: 'number',
          values: Float64Array.from({ length: count }, (_, row) => column.values[at(row)] ?? Number.NaN),
        }
      : { type: 'string', values: Array.from({ length: count }, (_, row) => column.values[at(row)] ?? '') };
  return {
    rowCount: count,
    columns: Object.fromEntries(Object.entries(frame.columns).map(([name, column]) => [name, take(column)])),
  };
}
