import { halfOf } from '../../codec/float16.ts';
import {
  datatypeOf,
  type Signature,
  type Tensor,
  type TensorData,
  type TensorSpec,
} from '../../contracts/data/tensor.ts';
import { noColumns, type ServedColumns } from '../models/served-columns.ts';
import { shownText } from '../../contracts/shown-text.ts';
import { badRequest, HttpError } from '../call/http-error.ts';
import type { InferRequest } from '../call/infer-request.ts';
import { valuesPerTurn } from '../turn.ts';
import { checkOf } from './check-values.ts';
import { converterTo, type Converter } from './convert.ts';
import { convertInTurns, valuesPerSlice } from './convert-in-turns.ts';
import { columnReader } from './read-column.ts';

export interface FittedRequest {
  readonly feeds: Record<string, Tensor>;
  /** The batch size; 1 where no input has a batch axis. */
  readonly rows: number;
}

interface Fit {
  readonly spec: TensorSpec;
  readonly convert: Converter;
  /** The first dimension is the batch. */
  readonly batched: boolean;
  /** One value per row: shape [rows] will do for [rows, 1]. */
  readonly column: boolean;
  /** A column that may be missing: a caller may not know it. */
  readonly optional: boolean;
  /** Texts are read as numbers, truths or times, without the blanks around them. */
  readonly reads: boolean;
  /** Greatest size of an axis that the model leaves open. */
  readonly maxLength: number;
}

/**
 * Makes what turns requests into the inputs of one version, in its types and shapes; tensors that the version does not know are
 * left out, so that versions with other features can answer the same request. That function throws `HttpError` 400, which names
 * the tensor, what came and what is wanted, and 413 where columns that nobody sent would be too many values.
 */
export function createFeeds(...of: Parameters<typeof createFitting>): (request: InferRequest) => FittedRequest {
  const fit = createFitting(...of);
  return (request) => {
    const work = fit(request);
    let step = work.next();
    while (step.done !== true) step = work.next();
    return step.value;
  };
}

/**
 * As `createFeeds`, of a request that may be large: it pauses after as many values as one turn of the event loop may read.
 *
 * @param maxRows Largest batch size. @default no limit
 * @param maxMissing Most values that are made for columns that nobody sent. @default no limit
 */
export function createFitting(
  signature: Signature,
  maxRows = Infinity,
  { columns, strict, ranges }: ServedColumns = noColumns,
  maxMissing = Infinity,
): (request: InferRequest) => Generator<void, FittedRequest> {
  const fits = signature.inputs.map((spec): Fit => {
    const { shape, type } = spec;
    const batched = shape[0] === null;
    const column = batched && shape.length === 2 && shape[1] === 1;
    const known = column ? columns.get(spec.name) : undefined;
    const convert = converterTo(type);
    const mayBeMissing = type === 'string' || type.startsWith('float');
    return {
      spec,
      convert: known === undefined ? convert : columnReader(spec, convert, known, strict),
      batched,
      column,
      optional: known !== undefined && known.nullable && mayBeMissing,
      reads: known !== undefined && known.rule.type !== 'string',
      maxLength: ranges?.get(spec.name)?.maxLength ?? Infinity,
    };
  });
  return function* fit(request) {
    const { tensors } = request;
    const feeds: Record<string, Tensor> = {};
    let rows = -1;
    let read = 0;
    const absent: TensorSpec[] = [];
    const sizes = new NamedSizes();
    let beyond = 0;
    for (const { spec, convert, batched, column, optional, reads, maxLength } of fits) {
      const { name, type } = spec;
      const tensor = tensors.get(name);
      if (tensor === undefined) {
        if (!optional) throw lacks(signature, request);
        absent.push(spec);
        continue;
      }
      let { shape } = tensor;
      if (column && shape.length === 1) shape = [shape[0]!, 1];
      else if (!fitsShape(spec.shape, shape)) throw wrongShape(spec, shape);
      if (shape.indexOf(0, 1) > 0) throw noValues(name, shape);
      if (maxLength !== Infinity) checkLength(spec, shape, maxLength);
      if (spec.symbols !== undefined) sizes.take(spec, spec.symbols, shape);
      if (batched) {
        const size = shape[0]!;
        if (rows === -1) rows = checkedRows(name, size, maxRows);
        else if (size !== rows) throw badRequest(`input "${name}" has ${size} rows where the others have ${rows}`);
      }
      if (reads && tensor.datatype === 'BYTES') {
        beyond += beyondUsual(tensor.data);
        if (beyond > mostBeyond)
          throw new HttpError(
            413,
            `input "${name}" has texts that are too long to be read as ${columns.get(name)?.rule.type}: send numbers, or texts without blanks around them`,
          );
      }
      const check = ranges === null ? null : checkOf(name, type, ranges.get(name) ?? {});
      let data: TensorData;
      if (column || tensor.data.length <= valuesPerSlice) {
        data = convert(tensor);
        check?.(data, 0);
      } else data = yield* convertInTurns(tensor, type, convert, check);
      feeds[name] = { type, shape, data };
      read += data.length;
      if (read > valuesPerTurn) {
        read = 0;
        yield;
      }
    }
    if (absent.length > 0 && absent.length === fits.length) throw lacks(signature, request);
    if (rows === -1) rows = 1;
    if (absent.length * rows > maxMissing)
      throw new HttpError(
        413,
        `the request leaves ${absent.length} columns out in ${rows} rows, and ${maxMissing} missing values are taken: send fewer rows, or set gateway.maxJsonValues`,
      );
    for (const { name, type } of absent) feeds[name] = { type, shape: [rows, 1], data: missingValues(type, rows) };
    return { feeds, rows };
  };
}

/** Sizes that several inputs of a request must share, such as the number of tokens. */
class NamedSizes {
  readonly #known = new Map<string, { readonly size: number; readonly input: string }>();

  /** Throws `HttpError` 400 where another input has another size by the same name. */
  take({ name }: TensorSpec, symbols: readonly (string | null)[], shape: readonly number[]): void {
    for (const [axis, symbol] of symbols.entries()) {
      if (symbol === null) continue;
      const size = shape[axis] ?? 0;
      const first = this.#known.get(symbol);
      if (first === undefined) this.#known.set(symbol, { size, input: name });
      else if (first.size !== size)
        throw badRequest(
          `input "${name}" has ${size} values on axis ${axis}, and input "${first.input}" ${first.size}: both are "${shownText(symbol)}" of the model, and must be equal`,
        );
    }
  }
}

/** Characters of a number, a truth or a time, and those that the texts of one request may have beyond them. */
const [usualLength, mostBeyond] = [32, 64 * 1024];

function beyondUsual(values: ArrayLike<unknown>): number {
  let beyond = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (typeof value === 'string' && value.length > usualLength) beyond += value.length - usualLength;
  }
  return beyond;
}

/** A column that nobody sent. */
function missingValues(type: TensorSpec['type'], rows: number): TensorData {
  if (type === 'string') return Array.from({ length: rows }, () => '');
  if (type === 'float16') return new Uint16Array(rows).fill(halfOf(Number.NaN));
  return (type === 'float64' ? new Float64Array(rows) : new Float32Array(rows)).fill(Number.NaN);
}

function fitsShape(wanted: TensorSpec['shape'], shape: readonly number[]): boolean {
  if (shape.length !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) {
    const size = wanted[i];
    if (size !== null && size !== shape[i]) return false;
  }
  return true;
}

function checkedRows(name: string, rows: number, maxRows: number): number {
  if (rows === 0) throw badRequest(`input "${name}" has no rows`);
  if (rows > maxRows) throw badRequest(`the request has ${rows} rows; at most ${maxRows} are taken: split it`);
  return rows;
}

/** An empty text or picture: the model would fail, and not be to blame. */
const noValues = (name: string, shape: readonly number[]): Error =>
  badRequest(`input "${name}" has shape [${shape.join(', ')}], which holds no values: send one at least`);

function wrongShape({ name, shape: wanted }: TensorSpec, shape: readonly number[]): Error {
  const list = wanted.map((size, axis) => size ?? (axis === 0 ? 'rows' : 'any')).join(', ');
  return badRequest(`input "${name}": shape [${shape.join(', ')}] is not [${list}], which the model takes`);
}

/** A text that is longer than the model has places fails it. */
function checkLength({ name, shape: wanted }: TensorSpec, shape: readonly number[], most: number): void {
  for (const [axis, size] of shape.entries())
    if (axis > 0 && wanted[axis] === null && size > most)
      throw badRequest(`input "${name}" has ${size} values on axis ${axis}, and the model takes ${most} at most`);
}

const mostShown = 20;

function lacks({ inputs }: Signature, { tensors }: InferRequest): Error {
  const missing = inputs.filter(({ name }) => !tensors.has(name));
  const list = missing
    .slice(0, mostShown)
    .map(({ name, type }) => `"${shownText(name)}" (${datatypeOf[type]})`)
    .join(', ');
  const more = missing.length > mostShown ? ` and ${missing.length - mostShown} more` : '';
  return badRequest(`the request lacks ${missing.length === 1 ? 'input' : 'inputs'} ${list}${more}`);
}
