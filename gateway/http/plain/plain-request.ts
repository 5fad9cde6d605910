import { codeOf } from '../../../contracts/data/cell.ts';
import { didYouMean } from '../../../contracts/did-you-mean.ts';
import { shownNames, shownText } from '../../../contracts/shown-text.ts';
import type { Signature, TensorSpec } from '../../../contracts/data/tensor.ts';
import { isObject } from '../../../contracts/is-object.ts';
import { noColumns, type ServedColumn } from '../../models/served-columns.ts';
import { badRequest, HttpError } from '../../call/http-error.ts';
import type { InferRequest, RequestTensor, Scalar } from '../../call/infer-request.ts';
import { PlainColumn } from './plain-column.ts';
import { inexact, isBeyondDoubles } from './plain-value.ts';

export interface PlainRequest {
  readonly request: InferRequest;
  /** A list came, so a list is answered. */
  readonly list: boolean;
}

export interface PlainLimits {
  readonly maxRows: number;
  /** Most values of all columns of all records, those that are missing too. @default no limit */
  readonly maxValues?: number;
  /** What the version's dataset says of its columns. */
  readonly columns?: ReadonlyMap<string, ServedColumn>;
  /** Inputs of other versions in memory: a caller may already, or still, send them. */
  readonly others?: readonly TensorSpec[];
  /** Other versions are in memory, which may take a record that lacks a column of this one. @default false */
  readonly several?: boolean;
}

type Record_ = Readonly<Record<string, unknown>>;

/**
 * One record by column names, or a list of them, as an inference request. A column that is absent or null is missing, where the
 * model's type has a missing value; a number may come as text. Throws `HttpError` 400 that names the column, 413 for too many rows.
 */
export function plainRequest(body: unknown, signature: Signature, limits: PlainLimits): PlainRequest {
  const list = Array.isArray(body);
  const rows = new PlainRows(signature, limits);
  rows.add(list ? body : [body], list);
  return { request: rows.request(), list };
}

/** Records that come in parts. */
export class PlainRows {
  readonly #names: ReadonlySet<string>;
  readonly #known: ReadonlySet<string>;
  readonly #columns: readonly PlainColumn[];
  /** Tensors with several values a record that only other versions take, and the records that have them. */
  readonly #tensors: readonly { readonly column: PlainColumn; rows: number }[];
  /** Columns that only other versions take, or that are numbers in one and texts in another: each version reads the text by its own dataset. */
  readonly #others: Map<string, { readonly isText: boolean; readonly data: Scalar[]; sent: boolean }>;
  readonly #maxRows: number;
  readonly #maxValues: number;
  readonly #several: boolean;
  #count = 0;

  constructor(
    { inputs }: Signature,
    { maxRows, maxValues = Infinity, columns = noColumns.columns, others = [], several = false }: PlainLimits,
  ) {
    this.#names = new Set(inputs.map(({ name }) => name));
    this.#known = new Set([...this.#names, ...columns.keys(), ...others.map(({ name }) => name)]);
    const { texts, numbers } = namesByType([...inputs, ...others]);
    const isOther = ({ name, shape }: TensorSpec): boolean =>
      isSingle(shape) && (!this.#names.has(name) || (texts.has(name) && numbers.has(name)));
    const more = [...inputs, ...others].filter(isOther);
    this.#others = new Map(more.map(({ name }) => [name, { isText: texts.has(name), data: [], sent: false }]));
    this.#columns = inputs
      .filter((spec) => !isOther(spec))
      .map((spec) => new PlainColumn(spec, columns.get(spec.name)?.rule ?? null));
    const tensors = new Map(
      others.filter(({ name, shape }) => !isSingle(shape) && !this.#names.has(name)).map((spec) => [spec.name, spec]),
    );
    this.#tensors = [...tensors.values()].map((spec) => ({ column: new PlainColumn(spec, null), rows: 0 }));
    this.#maxRows = maxRows;
    this.#maxValues = maxValues;
    this.#several = several;
  }

  /** `list` where they are items of a list. Throws `HttpError` 400 or 413. */
  add(records: readonly unknown[], list: boolean): void {
    const first = this.#count;
    this.#count += records.length;
    if (this.#count > this.#maxRows)
      throw new HttpError(
        413,
        `the list has more than ${this.#maxRows} records; at most ${this.#maxRows} are taken: split it`,
      );
    const values = this.#count * (this.#columns.length + this.#others.size);
    // One record is always taken: it has no more columns than the models.
    if (this.#count > 1 && values > this.#maxValues)
      throw new HttpError(
        413,
        `the list has ${values} values, missing ones among them, and ${this.#maxValues} are taken: split it, or set gateway.maxJsonValues`,
      );
    const rows = records.map((record, i): Record_ => {
      const row = first + i;
      if (!isObject(record)) throw badRequest(`${place(list, row)} is not an object of values by column`);
      for (const name in record)
        if (!this.#known.has(name))
          throw badRequest(`${place(list, row)}: there is no column "${shownText(name)}"${this.#hint(name)}`);
      return record;
    });
    const where = (row: number): string => place(list, first + row);
    for (const column of this.#columns) {
      const { name } = column.spec;
      // Each version says by itself what it cannot do without.
      if (this.#several && column.isSingle && rows.every((record) => record[name] === undefined)) {
        for (const _ of rows) column.addMissing();
        continue;
      }
      for (const [row, record] of rows.entries()) column.add(record[name] ?? null, row, where);
    }
    this.#addTensors(rows, where);
    for (const [name, column] of this.#others)
      for (const [row, record] of rows.entries()) {
        column.sent ||= Object.hasOwn(record, name);
        const value = record[name];
        if (column.isText && isBeyondDoubles(value)) throw inexact(`${place(list, first + row)}: "${name}"`);
        column.data.push(textOf(value));
      }
  }

  #addTensors(records: readonly Record_[], where: (row: number) => string): void {
    for (const tensor of this.#tensors)
      for (const [row, record] of records.entries()) {
        const value = record[tensor.column.spec.name];
        if (value === undefined) continue;
        tensor.column.add(value, row, where);
        tensor.rows += 1;
      }
  }

  /** Throws `HttpError` 400 where the records are too few or too many. */
  request(): InferRequest {
    if (this.#count === 0) throw badRequest('the list has no records');
    const tensors = new Map<string, RequestTensor>();
    for (const column of this.#columns) {
      const { name, shape } = column.spec;
      if (shape[0] !== null && this.#count !== shape[0])
        throw badRequest(`the model takes ${shape[0]} ${shape[0] === 1 ? 'record' : 'records'} at a time`);
      tensors.set(name, column.tensor(this.#count));
    }
    for (const { column, rows } of this.#tensors)
      if (rows === this.#count) tensors.set(column.spec.name, column.tensor(this.#count));
    for (const [name, { data, sent }] of this.#others)
      if (sent) tensors.set(name, { name, datatype: 'BYTES', shape: [this.#count, 1], data });
    return { id: null, parameters: {}, tensors, outputs: null, binaryOutputs: false };
  }

  #hint(name: string): string {
    const meant = didYouMean(name, this.#known);
    return meant === null ? `: the model takes ${shownNames(this.#names)}` : `: did you mean "${meant}"?`;
  }
}

/** Whether a record has one value of an input. */
const isSingle = (shape: TensorSpec['shape']): boolean => shape.slice(1).every((size) => size === 1);

function namesByType(specs: readonly TensorSpec[]): { texts: ReadonlySet<string>; numbers: ReadonlySet<string> } {
  const texts = new Set<string>();
  const numbers = new Set<string>();
  for (const { name, type } of specs) (type === 'string' ? texts : numbers).add(name);
  return { texts, numbers };
}

/** A value that the version does not take, for those that do; a list or an object is none, and they refuse the text of it. */
function textOf(value: unknown): Scalar {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? codeOf(value, { type: 'string' }) : '{}';
}

const place = (list: boolean, row: number): string => (list ? `record ${row}` : 'the record');
