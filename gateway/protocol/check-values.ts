import { isWholeType, type TensorData, type TensorType } from '../../contracts/data/tensor.ts';
import type { InputLimits } from '../../contracts/model/input-bounds.ts';
import { firstNotFinite } from '../../ml/tasks/check-numbers.ts';
import { badRequest } from '../call/http-error.ts';

/** Checks values from the `from`-th of an input on. Throws `HttpError` 400. */
export type CheckValues = (values: TensorData, from: number) => void;

/** What values of an input of a model on tensors must be: finite, as none can be missing, and of whole numbers those that are declared. */
export function checkOf(name: string, type: TensorType, range: InputLimits): CheckValues | null {
  if (type === 'string') return null;
  if (!isWholeType(type)) return finiteCheck(name, type);
  return range.min === undefined && range.max === undefined ? null : rangeCheck(name, range);
}

const finiteCheck =
  (name: string, type: TensorType): CheckValues =>
  (data, from) => {
    const place = firstNotFinite({ type, data });
    if (place >= 0)
      throw badRequest(
        `input "${name}" holds a value that is missing or not finite, its value ${from + place} counted from 0`,
      );
  };

/** A whole number beyond those that are declared may be a token of another vocabulary, which fails the model. */
const rangeCheck =
  (name: string, { min = -Infinity, max = Infinity }: InputLimits): CheckValues =>
  (data) => {
    for (const value of data as ArrayLike<number> & Iterable<number>)
      if (!(value >= min && value <= max))
        throw badRequest(
          `input "${name}" holds ${value}, and the model takes ${Number.isFinite(min) ? min : 'any'} to ${Number.isFinite(max) ? max : 'any'}`,
        );
  };
