import type { Column, DatasetDefinition } from '../../contracts/data/dataset.ts';
import type { ColumnData, Frame } from '../../contracts/data/frame.ts';
import { sizeOf, type Tensor } from '../../contracts/data/tensor.ts';
import type { AdaptPlan } from '../../ml/onnx/adapt/plan.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';

/** Greatest relative difference of numbers that are computed for one row and for two. */
const tolerance = 1e-4;

/**
 * Why an adapted model cannot answer made-up rows: a sentence, or none. Where it was exported for a fixed batch size, two rows are answered
 * together, and each alone. An error of another model counts where it takes floats only: text and codes that are made up may be unknown to it.
 */
export async function batchFaults(
  model: LoadedModel,
  { fixed, inputs }: AdaptPlan,
  { columns }: Pick<DatasetDefinition, 'columns'>,
): Promise<string[]> {
  const features = inputs.flatMap((input) => input.columns);
  const [first] = fixed;
  const fault = (reason: string): string[] =>
    first === undefined
      ? [`it does not answer rows of these columns (${reason}): correct "features", "signature", or the export`]
      : [
          `"${first.name}" has the fixed batch size ${first.size}, and the model does not work with others (${reason}): export it with a dynamic first axis`,
        ];
  try {
    const answersTo = async (...rows: number[]): Promise<unknown[]> =>
      valuesOf(await model.run(model.feeds(frameOf(rows, features, columns))), rows.length);
    const together = await answersTo(0, 1);
    if (first === undefined) return [];
    const alone = [...(await answersTo(0)), ...(await answersTo(1))];
    const isSame = alone.length === together.length && alone.every((value, i) => isNear(value, together[i]));
    return isSame ? [] : fault('it answers two rows otherwise than each alone');
  } catch (error) {
    const isTelling = first !== undefined || inputs.every(({ type }) => type.startsWith('float'));
    return isTelling ? fault((error as Error).message.split('\n')[0] ?? '') : [];
  }
}

/** Answers row by row. Throws where an output does not have one for each row. */
function valuesOf(outputs: Readonly<Record<string, Tensor>>, rows: number): unknown[] {
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

const isNear = (one: unknown, other: unknown): boolean =>
  typeof one === 'number' && typeof other === 'number'
    ? Object.is(one, other) || Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one))
    : one === other;

/** Made-up rows within what the columns declare; different numbers have different values. */
function frameOf(
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
