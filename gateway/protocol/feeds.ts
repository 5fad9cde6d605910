import type { Signature } from '../../contracts/signature.ts';
import type { Tensor, TensorData } from '../../ports/inference/port.ts';
import { badRequest } from '../http-error.ts';
import { datatypeOf, integerDatatypes, type TensorType } from './datatypes.ts';
import type { InferRequest, RequestColumn, Scalar } from './infer-request.ts';

/**
 * The columns of a request in the types of one version; columns that the version does not know are left out, so that
 * versions with other features can answer the same request. A number may come as any number type, a category as text or
 * as a number; null is missing. Throws `HttpError` 400.
 */
export function feedsOf(request: InferRequest, signature: Signature): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const { name, type } of signature.inputs) {
    const column = request.columns.get(name);
    if (column === undefined) {
      const missing = signature.inputs.filter((input) => !request.columns.has(input.name));
      const list = missing.map((input) => `"${input.name}" (${datatypeOf[input.type]})`).join(', ');
      throw badRequest(`the request lacks ${missing.length === 1 ? 'input' : 'inputs'} ${list}`);
    }
    feeds[name] = { type, shape: [request.rows, 1], data: convert(column, type) };
  }
  return feeds;
}

/** A row that any model of this signature can be tried with: zeros and empty texts. */
export function blankFeeds(signature: Signature): Record<string, Tensor> {
  return Object.fromEntries(
    signature.inputs.map(({ name, type }) => [name, { type, shape: [1, 1], data: emptyData(type, 1) }]),
  );
}

function emptyData(type: TensorType, rows: number): TensorData {
  switch (type) {
    case 'string':
      return Array.from({ length: rows }, () => '');
    case 'float32':
      return new Float32Array(rows);
    case 'float64':
      return new Float64Array(rows);
    case 'int64':
      return new BigInt64Array(rows);
    case 'int32':
      return new Int32Array(rows);
    case 'bool':
      return new Uint8Array(rows);
  }
}

function convert(column: RequestColumn, type: TensorType): TensorData {
  const { data } = column;
  switch (type) {
    case 'string':
      return data.map((value) => textOf(column, value));
    case 'float32':
      return Float32Array.from(data, (value) => numberOf(column, value));
    case 'float64':
      return Float64Array.from(data, (value) => numberOf(column, value));
    case 'int64':
      return BigInt64Array.from(data, (value) => BigInt(integerOf(column, value, Number.MAX_SAFE_INTEGER)));
    case 'int32':
      return Int32Array.from(data, (value) => integerOf(column, value, 2 ** 31 - 1));
    case 'bool':
      return Uint8Array.from(data, (value) => (value === true || value === 1 ? 1 : falseOf(column, value)));
  }
}

const wrong = (column: RequestColumn, value: Scalar, wanted: string): Error =>
  badRequest(`input "${column.name}": ${JSON.stringify(value)} is no ${wanted}`);

function textOf(column: RequestColumn, value: Scalar): string {
  if (value === null) return '';
  if (column.datatype === 'BYTES') {
    if (typeof value === 'string') return value;
    throw wrong(column, value, 'text, as its datatype BYTES says');
  }
  if (typeof value === 'number' && column.datatype !== 'BOOL') return String(value);
  throw wrong(column, value, `${column.datatype}; the model takes BYTES here`);
}

function numberOf(column: RequestColumn, value: Scalar): number {
  if (column.datatype === 'BYTES')
    throw badRequest(`input "${column.name}" is BYTES where the model takes a number: send FP64 or INT64`);
  if (value === null) return NaN;
  if (typeof value === 'boolean' && column.datatype === 'BOOL') return value ? 1 : 0;
  if (typeof value !== 'number') throw wrong(column, value, column.datatype);
  if (integerDatatypes.has(column.datatype) && !Number.isInteger(value)) throw wrong(column, value, column.datatype);
  return value;
}

function integerOf(column: RequestColumn, value: Scalar, most: number): number {
  if (value === null) throw badRequest(`input "${column.name}": the model takes an integer, which cannot be missing`);
  const number = numberOf(column, value);
  if (!Number.isInteger(number) || Math.abs(number) > most)
    throw wrong(column, value, 'integer that the model can take');
  return number;
}

function falseOf(column: RequestColumn, value: Scalar): number {
  if (value === false || value === 0) return 0;
  throw wrong(column, value, 'BOOL');
}
