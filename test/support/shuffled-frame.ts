import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import type { Shuffle } from '../../ml/explanation/shuffled-passes.ts';

/** The frame whose columns take their values from other rows. */
export function shuffledFrame(
  frame: Frame,
  { columns, order }: Shuffle = { columns: [], order: new Int32Array() },
): Frame {
  const shuffled = (data: ColumnData): ColumnData =>
    data.type === 'string'
      ? { ...data, values: Array.from(order, (row) => data.values[row]!) }
      : { ...data, values: Float64Array.from(order, (row) => data.values[row]!) };
  return {
    ...frame,
    columns: Object.fromEntries(
      Object.entries(frame.columns).map(([name, data]) => [name, columns.includes(name) ? shuffled(data) : data]),
    ),
  };
}
