import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';

/** Made-up rows within what the columns declare; different numbers have different values. */
export function madeUpFrame(
  rows: readonly number[],
  features: readonly string[],
  columns: Readonly<Record<string, Column>>,
): Frame {
  const dataOf = (name: string): ColumnData => {
    const column = columns[name];
    if (column?.kind === 'categorical') return { type: 'string', values: rows.map((row) => codeFor(row, column)) };
    const { min = 0, max = min + 2 } = column ?? {};
    return { type: 'number', values: Float64Array.from(rows, (row) => Math.min(min + row + 1, max)) };
  };
  return { rowCount: rows.length, columns: Object.fromEntries(features.map((name) => [name, dataOf(name)])) };
}

function codeFor(row: number, { allowed = [], type }: Column): string {
  const code = allowed[row % Math.max(allowed.length, 1)];
  if (code !== undefined) return code;
  return type === 'string' ? '' : type === 'boolean' ? String(row === 1) : String(row);
}
