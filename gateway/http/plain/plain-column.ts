import type { CellRule } from '../../../contracts/data/cell.ts';
import { datatypeOf, sizeOf, type TensorSpec } from '../../../contracts/data/tensor.ts';
import { badRequest } from '../../call/http-error.ts';
import type { RequestTensor, Scalar } from '../../call/infer-request.ts';
import { scalarOf } from './plain-value.ts';

/** Says which record is meant. */
type Where = (row: number) => string;

/** The values of one input, record by record. */
export class PlainColumn {
  readonly spec: TensorSpec;
  readonly #rule: CellRule | null;
  readonly #sizes: readonly (number | null)[];
  /** Sizes of a record's value; null until a record says those that the model leaves open. */
  #width: readonly number[] | null;
  readonly #data: Scalar[] = [];

  constructor(spec: TensorSpec, rule: CellRule | null) {
    this.spec = spec;
    this.#rule = rule;
    this.#sizes = spec.shape.slice(1);
    const fixed = this.#sizes.filter((size) => size !== null);
    this.#width = fixed.length === this.#sizes.length ? fixed : null;
  }

  /** Whether a record has one value. */
  get isSingle(): boolean {
    return this.#width !== null && sizeOf(this.#width) === 1;
  }

  /** Throws `HttpError` 400. */
  add(value: unknown, row: number, where: Where): void {
    const { name, type } = this.spec;
    const datatype = datatypeOf[type];
    if (!Array.isArray(value) && this.isSingle) {
      this.#data.push(scalarOf(value, datatype, this.#rule, name, row, where));
      return;
    }
    if (value === null || value === undefined)
      throw badRequest(`${where(row)} lacks "${name}": send a list of its values`);
    const values: unknown[] = Array.isArray(value) ? value.flat(Infinity) : [value];
    const width = this.#widthOf(value, values.length, row, where);
    if (values.length !== sizeOf(width))
      throw badRequest(
        `${where(row)}: "${name}" has ${values.length} values where ${this.#width === null ? 'its lists say' : 'the model takes'} ${sizeOf(width)}`,
      );
    this.#width ??= width;
    for (const item of values) this.#data.push(scalarOf(item, datatype, this.#rule, name, row, where));
  }

  /** A value that is missing in a record, of one that the version may do without. */
  addMissing(): void {
    this.#data.push(null);
  }

  tensor(rows: number): RequestTensor {
    const { name, type } = this.spec;
    const width = this.#width ?? this.#sizes.map((size) => size ?? 1);
    return { name, datatype: datatypeOf[type], shape: [rows, ...width], data: this.#data };
  }

  /** Sizes of a record's value: nested lists say them all, a flat one at most the only one that the model leaves open. */
  #widthOf(value: unknown, length: number, row: number, where: Where): readonly number[] {
    const { name } = this.spec;
    const known = this.#width;
    const nested = depths(value);
    if (!isEven(value, nested))
      throw badRequest(
        `${where(row)}: "${name}" is ragged: lists of one level must have one length, and hold no others`,
      );
    const open = this.#sizes.filter((size) => size === null).length;
    // One value within any number of lists is that value.
    if (open === 0 && (nested.length <= 1 || length === 1)) return known ?? [];
    const rest = sizeOf(this.#sizes.filter((size) => size !== null));
    const found = open === 1 && nested.length === 1 ? this.#sizes.map((size) => size ?? length / rest) : nested;
    const fits =
      found.length === this.#sizes.length &&
      found.every((size, axis) => Number.isInteger(size) && (this.#sizes[axis] ?? size) === size);
    if (!fits)
      throw badRequest(
        `${where(row)}: "${name}" has shape [${nested.join(', ')}] where the model takes [${this.#sizes.map((size) => size ?? 'any').join(', ')}]`,
      );
    if (known !== null && found.join() !== known.join())
      throw badRequest(
        `${where(row)}: "${name}" has shape [${found.join(', ')}], and the record before it [${known.join(', ')}]: pad them to one length, or send one request each`,
      );
    return found;
  }
}

/** Whether all lists of a level have its size, and what is within the innermost ones is not a list. */
function isEven(value: unknown, [size, ...within]: readonly number[]): boolean {
  if (size === undefined) return !Array.isArray(value);
  return Array.isArray(value) && value.length === size && value.every((one) => isEven(one, within));
}

/** Lengths of nested lists, from the outermost on. */
function depths(value: unknown): number[] {
  const found: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0]) found.push(inner.length);
  return found;
}
