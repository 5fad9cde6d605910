import type { Groups } from './groups.ts';

export interface Moments {
  readonly rows: number;
  readonly mean: number;
  /** Of the sample, divided by rows less 1; 0 for fewer than two rows. */
  readonly variance: number;
}

/** Mean and variance of a value of each row, by group, in two passes; a mean is NaN where a group has no row. */
export function momentsByGroup({ names, index }: Groups, values: Float64Array): Moments[] {
  const [rows, sums, squares] = [0, 1, 2].map(() => new Float64Array(names.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const [row, value] of values.entries()) {
    const group = index[row]!;
    rows[group]! += 1;
    sums[group]! += value;
  }
  const means = sums.map((sum, group) => sum / rows[group]!);
  for (const [row, value] of values.entries()) {
    const group = index[row]!;
    squares[group]! += (value - means[group]!) ** 2;
  }
  return names.map((_, group) => ({
    rows: rows[group]!,
    mean: means[group]!,
    variance: rows[group]! < 2 ? 0 : squares[group]! / (rows[group]! - 1),
  }));
}
