import type { Feeds, Signature, Tensor, TensorType } from '../../contracts/data/tensor.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { numberOfHalf } from '../../codec/float16.ts';
import { joinFeeds, rowsOfOutputs } from '../../ml/tensors/batches.ts';
import { trialRows } from './sample-feeds.ts';

type Outputs = Readonly<Record<string, Tensor>>;

interface Answered {
  readonly feeds: Feeds;
  readonly outputs: Outputs;
}

/**
 * How far a float may be off, as a part of the largest value of the same row and output. Matrix kernels add up in another order
 * for another number of rows, which moves the last bits of a sum by the size of what is summed; half precision has 11 bits.
 */
const tolerance: Partial<Record<TensorType, number>> = { float16: 2e-3, float32: 1e-5, float64: 1e-10 };

/** Real rows that are tried at most. */
const mostReal = 8;

/** Fewer answered rows say nothing. */
const fewest = 3;

/**
 * Whether a row's answer is the same alone and among others. Tried on random rows in several magnitudes and on `real` requests,
 * all together, in another order and in smaller batches: texts, truth values and whole numbers must be the same, floats within
 * 1e-5 (float16 2e-3, float64 1e-10) of the largest value of that row and output. Rows that the model refuses alone are left out.
 *
 * False on any doubt: an input or output without a dynamic first axis, fewer than 3 rows that the model answers, answers that are all
 * the same. It is a trial, no proof; a model that mixes rows (a softmax or mean over the batch, quantization by the range of
 * the batch) does so for such rows.
 */
export async function rowsAreIndependent(
  { signature, run }: Pick<LoadedModel, 'signature' | 'run'>,
  real: readonly Feeds[],
): Promise<boolean> {
  const tensors = [...signature.inputs, ...signature.outputs];
  if (!tensors.every(({ shape }) => shape.length > 0 && shape[0] === null)) return false;
  const answered: Answered[] = [];
  const realRows = real.flatMap((feeds) => rowsOf(signature, feeds)).slice(0, mostReal);
  for (const feeds of [...trialRows(signature), ...realRows]) {
    const outputs = await run(feeds).catch(() => null);
    if (outputs !== null) answered.push({ feeds, outputs });
  }
  const groups = [...groupedByShape(signature, answered)].filter((rows) => rows.length >= fewest);
  if (!groups.some(differ)) return false;
  for (const rows of groups)
    for (const batch of batchesOf(rows)) if (!(await sameTogether(signature, run, batch))) return false;
  return true;
}

function rowsOf(signature: Signature, feeds: Feeds): Feeds[] {
  const first = signature.inputs[0];
  const rows = first === undefined ? 0 : (feeds[first.name]?.shape[0] ?? 0);
  if (!signature.inputs.every(({ name }) => feeds[name]?.shape[0] === rows)) return [];
  return Array.from({ length: rows }, (_, row) => rowsOfOutputs(feeds, rows, row, row + 1) ?? {});
}

/** Rows that fit into one batch in any selection. */
function groupedByShape({ inputs }: Signature, rows: readonly Answered[]): Iterable<Answered[]> {
  const groups = new Map<string, Answered[]>();
  for (const row of rows) {
    const shape = JSON.stringify(inputs.map(({ name }) => row.feeds[name]?.shape));
    groups.set(shape, [...(groups.get(shape) ?? []), row]);
  }
  return groups.values();
}

const differ = ([first, ...others]: readonly Answered[]): boolean =>
  first !== undefined && others.some(({ outputs }) => !sameOutputs(outputs, first.outputs));

/** All, all in an order that gives each other neighbours, the first two, and every other one. */
function batchesOf(rows: readonly Answered[]): Answered[][] {
  const odd = rows.filter((_, i) => i % 2 === 1);
  const even = rows.filter((_, i) => i % 2 === 0);
  return [[...rows], [...odd.toReversed(), ...even], rows.slice(0, 2), even];
}

async function sameTogether(signature: Signature, run: LoadedModel['run'], rows: Answered[]): Promise<boolean> {
  const feeds = rows.map((row) => row.feeds);
  const together = await run(joinFeeds(signature, feeds, rows.length)).catch(() => null);
  if (together === null) return false;
  return rows.every(({ outputs }, row) => {
    const part = rowsOfOutputs(together, rows.length, row, row + 1);
    return part !== null && sameOutputs(part, outputs);
  });
}

function sameOutputs(a: Outputs, b: Outputs): boolean {
  return Object.entries(b).every(([name, tensor]) => {
    const other = a[name];
    if (other === undefined || other.data.length !== tensor.data.length) return false;
    const part = tolerance[tensor.type];
    if (part !== undefined) return near(numbersOf(other), numbersOf(tensor), part);
    return tensor.data.every((value: unknown, i: number) => other.data[i] === value);
  });
}

function numbersOf({ type, data }: Tensor): number[] {
  const numbers = Array.from(data as Float32Array);
  return type === 'float16' ? numbers.map(numberOfHalf) : numbers;
}

function near(a: readonly number[], b: readonly number[], part: number): boolean {
  const largest = b.reduce((size, value) => (Number.isFinite(value) ? Math.max(size, Math.abs(value)) : size), 0);
  return a.every((value, i) => Object.is(value, b[i]) || Math.abs(value - b[i]!) <= part * largest);
}
