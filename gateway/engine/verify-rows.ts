import type { Tensor } from '../../contracts/tensor.ts';
import type { LoadedModel } from '../../ports/inference/port.ts';
import { joinFeeds, rowsOfOutputs } from './batches.ts';
import { randomFeeds } from './sample-feeds.ts';
import type { Feeds } from './served-version.ts';

/** Matrix kernels differ by batch size in the last bits of their sums: equal within this part of the larger value. */
const tolerance = 1e-4;

/**
 * Whether a row's answer is the same alone and among others, seen on random rows, on the given ones, and in another order:
 * texts and integers exactly, floats within 1e-4 of their size. False where an input or output has no dynamic first axis,
 * or the model refuses what was tried. It is a trial, no proof: a model that mixes rows does so for every input in practice.
 */
export async function rowsAreIndependent(
  { signature, run }: Pick<LoadedModel, 'signature' | 'run'>,
  real: readonly Feeds[],
): Promise<boolean> {
  const tensors = [...signature.inputs, ...signature.outputs];
  if (!tensors.every(({ shape }) => shape.length > 0 && shape[0] === null)) return false;
  const singles = [...[1, 2, 3, 4, 5].map((seed) => randomFeeds(signature, 1, seed)), ...real];
  try {
    const alone: Readonly<Record<string, Tensor>>[] = [];
    for (const feeds of singles) alone.push(await run(feeds));
    for (const order of [singles.map((_, i) => i), singles.map((_, i) => (i * 3 + 1) % singles.length).toReversed()]) {
      const batch = await run(
        joinFeeds(
          signature,
          order.map((i) => singles[i]!),
          order.length,
        ),
      );
      for (const [row, i] of order.entries()) {
        const part = rowsOfOutputs(batch, order.length, row, row + 1);
        if (part === null || !sameOutputs(part, alone[i]!)) return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

function sameOutputs(a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>): boolean {
  return Object.entries(b).every(([name, { data, type }]) => {
    const other = a[name]?.data;
    if (other === undefined || other.length !== data.length) return false;
    const isFloat = type === 'float32' || type === 'float64';
    for (let i = 0; i < data.length; i++)
      if (isFloat ? !near(Number(other[i]), Number(data[i])) : other[i] !== data[i]) return false;
    return true;
  });
}

function near(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-3);
}
