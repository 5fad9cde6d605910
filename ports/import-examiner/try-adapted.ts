import { shownText } from '../../contracts/shown-text.ts';
import type { Feeds } from '../../contracts/data/tensor.ts';
import type { AdaptPlan } from '../../ml/onnx/adapt/plan.ts';
import { areNear, valuesByRow } from '../../ml/tensors/near-values.ts';
import type { LoadedModel } from '../inference/port.ts';

/** Makes rows by their numbers: a number is the same row, alone and among others. */
export type MakeRows = (rows: readonly number[]) => Feeds;

export interface TriedRows {
  /** Why the model cannot answer made-up rows: a sentence, or none. */
  readonly faults: readonly string[];
  /** Its answer to the first row alone; null where it has none, or none was asked for. */
  readonly first: readonly unknown[] | null;
}

/**
 * Has an adapted model answer made-up rows. Where it was exported for a fixed batch size, two rows are answered together, and each alone. An
 * error of another model counts where it takes floats or tensors only: text and codes that are made up may be unknown to it.
 */
export async function tryAdapted(
  model: Pick<LoadedModel, 'run'>,
  { fixed, inputs }: AdaptPlan,
  made: MakeRows,
): Promise<TriedRows> {
  const [declared] = fixed;
  const isOnTensors = inputs.some(({ form }) => form === 'tensor');
  const what = isOnTensors
    ? 'say in "tensors.inputs" what it takes, or correct'
    : 'correct "features", "signature", or';
  const fault = (reason: string): readonly string[] => [
    declared === undefined
      ? `it does not answer made-up rows (${reason}): ${what} the export`
      : `"${shownText(declared.name)}" has the fixed batch size ${declared.size}, and the model does not work with others (${reason}): export it with a dynamic first axis${isOnTensors ? ' (PyTorch: dynamic_shapes, or dynamo=False with dynamic_axes)' : ''}`,
  ];
  const answersTo = async (...rows: number[]): Promise<unknown[]> =>
    valuesByRow(await model.run(made(rows)), rows.length);
  let first: unknown[] | null = null;
  try {
    if (declared !== undefined) first = await answersTo(0);
    const together = await answersTo(0, 1);
    if (first === null) return { faults: [], first };
    const alone = [...first, ...(await answersTo(1))];
    return { faults: areNear(alone, together) ? [] : fault('it answers two rows otherwise than each alone'), first };
  } catch (error) {
    const isTelling =
      declared !== undefined || inputs.every(({ type, form }) => form === 'tensor' || type.startsWith('float'));
    return { faults: isTelling ? fault((error as Error).message.split('\n')[0] ?? '') : [], first };
  }
}
