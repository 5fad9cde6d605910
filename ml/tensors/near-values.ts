import { sizeOf, type Feeds } from '../../contracts/data/tensor.ts';

/** Greatest relative difference of numbers that are computed for one row and for several. */
const tolerance = 1e-4;

/** Answers row by row, outputs by name. Throws where an output does not have one for each row. */
export function valuesByRow(outputs: Feeds, rows: number): unknown[] {
  const named = Object.entries(outputs).toSorted(([one], [other]) => (one < other ? -1 : 1));
  for (const [name, { shape }] of named)
    if (shape[0] !== rows) throw new Error(`output "${name}" has ${shape[0] ?? 0} rows for ${rows}`);
  return Array.from({ length: rows }, (_, row) =>
    named.flatMap(([, { data, shape }]) => {
      const width = sizeOf(shape.slice(1));
      return Array.from(data as ArrayLike<unknown>).slice(row * width, (row + 1) * width);
    }),
  ).flat();
}

/** Whether values are the same: numbers within what the number of rows moves, others exactly. */
export const areNear = (some: readonly unknown[], others: readonly unknown[]): boolean =>
  some.length === others.length && some.every((value, i) => isNear(value, others[i]));

const isNear = (one: unknown, other: unknown): boolean =>
  typeof one === 'number' && typeof other === 'number'
    ? Object.is(one, other) || Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one))
    : one === other;
