import { isWholeType, type Tensor } from '../../contracts/data/tensor.ts';
import { createRandom, type Random } from '../random.ts';
import type { DrawnInput } from '../../contracts/evidence/drawn-input.ts';
import { tensorOf } from './tensor-data.ts';

/** Made-up rows as tensors by input, uniform within what is said of each input. Equal seeds draw equal rows. */
export function drawRows(inputs: readonly DrawnInput[], rows: number, seed: number): Record<string, Tensor> {
  const drawn = inputs.map((input, stream): [string, Tensor] => {
    const random = createRandom(seed, stream);
    return [input.name, tensorOf(input.type, [rows, ...input.shape], () => valueOf(input, random))];
  });
  return Object.fromEntries(drawn);
}

function valueOf({ type, from }: DrawnInput, random: Random): number | string {
  if (!('min' in from)) return from[random.integer(from.length)] ?? '';
  const { min, max } = from;
  return isWholeType(type) ? min + Math.floor(random.next() * (max - min + 1)) : min + random.next() * (max - min);
}
