import { datatypeOf, type TensorData, type TensorType } from '../../contracts/data/tensor.ts';
import type { RequestTensor } from '../call/infer-request.ts';
import type { CheckValues } from './check-values.ts';
import type { Converter } from './convert.ts';
import type { Numbers } from './datatypes.ts';

/** Values of one tensor that are converted or checked in one turn of the event loop: a millisecond or two. */
export const valuesPerSlice = 10_000;

/** As `convert`, of a tensor of any number of values: it pauses after as many as one turn may take. `check` gets the values part by part. */
export function* convertInTurns(
  tensor: RequestTensor,
  type: TensorType,
  convert: Converter,
  check: CheckValues | null,
): Generator<void, TensorData> {
  const { data, datatype } = tensor;
  const isOwn = datatype === datatypeOf[type] && ArrayBuffer.isView(data);
  if (isOwn && check === null) return convert(tensor);
  const texts: string[] = [];
  let numbers: Numbers | null = null;
  for (let from = 0; from < data.length; from += valuesPerSlice) {
    const to = from + valuesPerSlice;
    const part = convert({
      ...tensor,
      data: ArrayBuffer.isView(data) ? data.subarray(from, to) : data.slice(from, to),
    });
    check?.(part, from);
    if (!isNumbers(part)) for (const text of part) texts.push(text);
    else if (!isOwn) {
      numbers ??= new (part.constructor as new (length: number) => Numbers)(data.length);
      // One kind of array per type.
      numbers.set(part as never, from);
    }
    yield;
  }
  return isOwn ? convert(tensor) : (numbers ?? texts);
}

const isNumbers = (data: TensorData): data is Numbers => ArrayBuffer.isView(data);
