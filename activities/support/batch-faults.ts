import type { Column } from '../../contracts/data/dataset.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import type { AdaptPlan } from '../../ml/onnx/adapt/plan.ts';
import { areNear, valuesByRow } from '../../ml/tensors/near-values.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';

/** Makes rows by their numbers: a number is the same row, alone and among others. */
export type MakeRows = (rows: readonly number[]) => Feeds;

/**
 * Why an adapted model cannot answer made-up rows: a sentence, or none. Where it was exported for a fixed batch size, two rows are answered
 * together, and each alone. An error of another model counts where it takes floats only: text and codes that are made up may be unknown to it.
 */
export async function batchFaults(
  model: Pick<LoadedModel, 'run'>,
  { fixed, inputs }: AdaptPlan,
  made: MakeRows,
): Promise<string[]> {
  const [first] = fixed;
  const what = inputs.some(({ form }) => form === 'tensor') ? '"tensors.inputs"' : '"features", "signature"';
  const fault = (reason: string): string[] =>
    first === undefined
      ? [`it does not answer made-up rows (${reason}): correct ${what}, or the export`]
      : [
          `"${first.name}" has the fixed batch size ${first.size}, and the model does not work with others (${reason}): export it with a dynamic first axis`,
        ];
  try {
    const answersTo = async (...rows: number[]): Promise<unknown[]> =>
      valuesByRow(await model.run(made(rows)), rows.length);
    const together = await answersTo(0, 1);
    if (first === undefined) return [];
    const alone = [...(await answersTo(0)), ...(await answersTo(1))];
    return areNear(alone, together) ? [] : fault('it answers two rows otherwise than each alone');
  } catch (error) {
    const isTelling =
      first !== undefined || inputs.every(({ type, form }) => form === 'tensor' || type.startsWith('float'));
    return isTelling ? fault((error as Error).message.split('\n')[0] ?? '') : [];
  }
}

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
