import { numberOfHalf } from '../../codec/float16.ts';
import type { Cell } from '../../contracts/data/cell.ts';
import type { Tensor } from '../../contracts/data/tensor.ts';
import { PawlError } from '../../contracts/errors.ts';
import { errorTypes } from '../../contracts/names.ts';
import { readLabel, knownLabels, type LabelSpace } from '../../contracts/data/label-space.ts';

type Outputs = Readonly<Record<string, Tensor>>;

/** Throws `InvalidModelError` where there is no such output. */
export function outputNamed(outputs: Outputs, name: string): Tensor {
  const found = outputs[name];
  if (found) return found;
  throw unusable(`it has no output "${name}", only ${Object.keys(outputs).join(', ')}. Rename its outputs`);
}

export const misshapen = (name: string, { shape }: Tensor, rows: number, wanted: string): PawlError =>
  unusable(`its output "${name}" has shape [${shape.join(', ')}] for ${rows} rows; it must be ${wanted}`);

const unusable = (reason: string): PawlError =>
  new PawlError(errorTypes.invalidModel, `Pawl cannot judge the model: ${reason}`);

/**
 * The values of a float output, or of so many in a row the last one; NaN where it says so. Throws `InvalidModelError` for another
 * type.
 */
export function floatsOf(name: string, { type, data }: Tensor, lastOf = 1): Float64Array {
  if (!type.startsWith('float')) throw unusable(`its output "${name}" is of ${type}; it must be of float32 or float64`);
  const given = data as ArrayLike<number>;
  const values = new Float64Array(given.length / lastOf);
  for (let row = 0, at = lastOf - 1; row < values.length; row += 1, at += lastOf) values[row] = given[at]!;
  return type === 'float16' ? values.map(numberOfHalf) : values;
}

/**
 * The index of the class of each row of the output `label` (`[rows]` or `[rows, 1]`, text, numbers or booleans). Throws `InvalidModelError` for
 * another form, and for a label that is none of the classes.
 */
export function labelsOutput(outputs: Outputs, rows: number, space: LabelSpace): Float64Array {
  const label = outputNamed(outputs, 'label');
  if (label.data.length !== rows) throw misshapen('label', label, rows, '[rows]');
  const indexOf = (value: Cell): number => {
    const read = readLabel(label.type === 'bool' ? value !== 0 : value, space);
    if (typeof read === 'number') return read;
    throw unusable(
      `it answers the label ${JSON.stringify(String(value))}, and "${space.target}" knows ${knownLabels(space)}. Correct the labels in the definition, or export the model with these labels`,
    );
  };
  if (label.data instanceof BigInt64Array) return indicesOf(numbersOf(label.data), indexOf);
  return Array.isArray(label.data) ? textIndices(label.data, indexOf) : indicesOf(label.data as Float64Array, indexOf);
}

/** A table of small whole numbers, which most labels are, as a map takes ten times as long. */
const small = 256;

function indicesOf(values: ArrayLike<number>, indexOf: (value: Cell) => number): Float64Array {
  const found = new Float64Array(values.length);
  const known = new Map<number, number>();
  const table = new Int32Array(small).fill(-1);
  for (let row = 0; row < found.length; row += 1) {
    const value = values[row]!;
    // Undefined for what is not a small whole number.
    const kept = table[value] ?? known.get(value) ?? -1;
    if (kept >= 0) {
      found[row] = kept;
      continue;
    }
    const index = (found[row] = indexOf(value));
    if (table[value] === undefined) known.set(value, index);
    else table[value] = index;
  }
  return found;
}

function textIndices(values: readonly string[], indexOf: (value: Cell) => number): Float64Array {
  const known = new Map<string, number>();
  return Float64Array.from(values, (value) => {
    let index = known.get(value);
    if (index === undefined) known.set(value, (index = indexOf(value)));
    return index;
  });
}

/** Without a BigInt for each. Beyond 2^53 numbers are rounded, where no label is. */
function numbersOf(data: BigInt64Array): Float64Array {
  const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
  const numbers = new Float64Array(data.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = words[2 * i + 1]! * 2 ** 32 + (words[2 * i]! >>> 0);
  return numbers;
}
