import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { isWholeType, wholeRanges, type TensorSpec } from '../../contracts/data/tensor.ts';
import { createRandom } from '../../ml/random.ts';

/** Rows of usual numbers, and rows of extreme and of missing ones, which are to move no other row's answer. */
export const usualRows: readonly number[] = Array.from({ length: 12 }, (_, row) => row);
export const extremeRows: readonly number[] = [12, 13, 14];
/** Whose missing values are missing, where a column may have them. */
const gapRow = 14;

/** Sizes of the numbers of a row where a column declares no bounds: models take columns raw or scaled. */
const sizes = [2, 2, 1, 1, 10, 10, 100, 100, 1_000, 1_000, 10, 1];
const extreme = 1e6;

type Input = Pick<TensorSpec, 'name' | 'type'>;

/** Made-up rows within what the columns declare and the inputs hold. A number is the same row, alone and among others. */
export function madeUpFrame(
  rows: readonly number[],
  inputs: readonly Input[],
  columns: Readonly<Record<string, Column>>,
): Frame {
  const dataOf = (input: Input, at: number): ColumnData => {
    const column = columns[input.name];
    if (column?.kind === 'categorical' || column?.type === 'boolean')
      return { type: 'string', values: rows.map((row) => codeFor(row, column)) };
    return { type: 'number', values: Float64Array.from(rows, (row) => numberFor(row, at, input, column)) };
  };
  return {
    rowCount: rows.length,
    columns: Object.fromEntries(inputs.map((input, at) => [input.name, dataOf(input, at)])),
  };
}

function codeFor(row: number, { allowed = [], type }: Column): string {
  const code = allowed[row % Math.max(allowed.length, 1)];
  if (code !== undefined) return code;
  return type === 'string' ? '' : type === 'boolean' ? String(row % 2 === 1) : String(row);
}

function numberFor(row: number, at: number, { type }: Input, column: Column | undefined): number {
  const isWhole = isWholeType(type);
  if (row === gapRow && column?.nullable === true && !isWhole) return Number.NaN;
  const [least, most] = isWhole ? wholeRanges[type] : [-Infinity, Infinity];
  const [min, max] = [Math.max(least, column?.min ?? -Infinity), Math.min(most, column?.max ?? Infinity)];
  const value = withinBounds(row, createRandom(row + 1, at).next(), min, max);
  const rounded = isWhole || column?.type === 'integer' ? Math.round(value) : value;
  return Math.min(Math.max(rounded, min), max);
}

function withinBounds(row: number, share: number, min: number, max: number): number {
  const size = sizes[row];
  if (size === undefined) return row % 2 === 0 ? Math.min(max, extreme) : Math.max(min, -extreme);
  if (Number.isFinite(min) && Number.isFinite(max)) return min + share * (max - min);
  if (Number.isFinite(min)) return min + share * size;
  if (Number.isFinite(max)) return max - share * size;
  return row % 2 === 0 ? share * size : (2 * share - 1) * size;
}
