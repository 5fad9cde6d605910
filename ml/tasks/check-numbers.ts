import { numberOfHalf } from '../../codec/float16.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { mustAddUp, missesOne } from './probability-sums.ts';

/** Outputs that answer a task. A model may have others, which may hold anything. */
const answers = ['label', 'prediction', 'quantiles', 'probabilities'] as const;

/**
 * Throws `InvalidModelError`, which names row and output, where an answer holds NaN, an infinite number, a probability outside [0, 1], or
 * probabilities that do not add up to 1: what the quality gate refuses offline too.
 * @param from Number of the first row. @default 0
 */
export function checkNumbers(outputs: Readonly<Record<string, Tensor>>, rows: number, from = 0): void {
  for (const name of answers) {
    const tensor = outputs[name];
    if (tensor === undefined || !tensor.type.startsWith('float')) continue;
    const isProbability = name === 'probabilities';
    const place = isProbability ? firstOutside(tensor) : firstNotFinite(tensor);
    if (place < 0) {
      if (isProbability) checkSums(tensor, rows, from);
      continue;
    }
    const row = from + Math.floor(place / (tensor.data.length / rows));
    throw new PawlError(
      errorTypes.invalidModel,
      `its answer to row ${row} is not valid: output "${name}" is ${valueAt(tensor, place)}, and must be ${isProbability ? 'a probability in [0, 1]' : 'a finite number'}: correct the values of the row, or train a model that can take them`,
      { row, output: name },
    );
  }
}

function checkSums(tensor: Tensor, rows: number, from: number): void {
  const width = tensor.data.length / rows;
  if (!mustAddUp(width)) return;
  const values = tensor.data as Numbers;
  const isHalf = tensor.type === 'float16';
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += isHalf ? numberOfHalf(values[i]!) : values[i]!;
    if (!missesOne(sum)) continue;
    throw new PawlError(
      errorTypes.invalidModel,
      `its answer to row ${from + row} is not valid: the values of output "probabilities" add up to ${Number(sum.toPrecision(4))}, and must add up to 1: release a version that ends with one softmax over all labels`,
      { row: from + row, output: 'probabilities' },
    );
  }
}

type Numbers = Float32Array | Float64Array | Uint16Array;

/** Place of the first value of a float tensor that is NaN or infinite; -1 where all are finite. */
export function firstNotFinite({ type, data }: Pick<Tensor, 'type' | 'data'>): number {
  const values = data as Numbers;
  if (type === 'float16') return values.findIndex((bits) => (bits & infiniteHalf) === infiniteHalf);
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return i;
  return -1;
}

/** Exponent of halves that are infinite, or no numbers. */
const infiniteHalf = 0x7c00;

function firstOutside({ type, data }: Tensor): number {
  const values = data as Numbers;
  if (type === 'float16') return values.findIndex((bits) => !(numberOfHalf(bits) >= 0 && numberOfHalf(bits) <= 1));
  for (let i = 0; i < values.length; i++) if (!(values[i]! >= 0 && values[i]! <= 1)) return i;
  return -1;
}

const valueAt = ({ type, data }: Tensor, place: number): number => {
  const value = (data as Numbers)[place] ?? NaN;
  return type === 'float16' ? numberOfHalf(value) : value;
};
