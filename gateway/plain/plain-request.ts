import { sizeOf, type Signature, type TensorSpec } from '../../contracts/tensor.ts';
import { badRequest, HttpError } from '../http-error.ts';
import type { Datatype, InferRequest, RequestTensor, Scalar } from '../infer-request.ts';
import { datatypeOf } from '../protocol/datatypes.ts';
import { isObject } from '../protocol/json.ts';

export interface PlainRequest {
  readonly request: InferRequest;
  /** A list came, so a list is answered. */
  readonly list: boolean;
}

type Record_ = Readonly<Record<string, unknown>>;

/**
 * One record by column names, or a list of them, as an inference request. A column that is absent or null is missing, where the
 * model's type has a missing value; a number may come as text. Throws `HttpError` 400 that names the column, 413 for too many rows.
 */
export function plainRequest(body: unknown, signature: Signature, { maxRows }: { maxRows: number }): PlainRequest {
  const list = Array.isArray(body);
  const records: readonly unknown[] = list ? body : [body];
  if (records.length === 0) throw badRequest('the list has no records');
  if (records.length > maxRows)
    throw new HttpError(413, `the list has ${records.length} records; at most ${maxRows} are taken: split it`);
  const names = new Set(signature.inputs.map(({ name }) => name));
  const rows = records.map((record, row): Record_ => {
    if (!isObject(record)) throw badRequest(`${place(list, row)} is no object of values by column`);
    for (const name of Object.keys(record))
      if (!names.has(name))
        throw badRequest(`${place(list, row)}: there is no column "${name}"${nearest(name, names)}`);
    return record;
  });
  const tensors = new Map(
    signature.inputs.map((spec): [string, RequestTensor] => [spec.name, columnOf(spec, rows, list)]),
  );
  return { request: { id: null, parameters: {}, tensors, outputs: null, binaryOutputs: false }, list };
}

function columnOf({ name, type, shape }: TensorSpec, rows: readonly Record_[], list: boolean): RequestTensor {
  const width = shape.slice(1).map((size) => size ?? 1);
  const datatype: Datatype = datatypeOf[type];
  if (shape[0] !== null && rows.length !== shape[0])
    throw badRequest(`the model takes ${shape[0]} ${shape[0] === 1 ? 'record' : 'records'} at a time`);
  const data: Scalar[] = [];
  for (const [row, record] of rows.entries()) {
    const value = record[name] ?? null;
    const values: unknown[] = Array.isArray(value) ? value.flat(Infinity) : [value];
    if (values.length !== sizeOf(width))
      throw badRequest(
        `${place(list, row)}: "${name}" has ${values.length} values where the model takes ${sizeOf(width)}`,
      );
    for (const item of values) data.push(scalarOf(item, datatype, `${place(list, row)}: "${name}"`));
  }
  return { name, datatype, shape: [rows.length, ...width], data };
}

/** Throws `HttpError` 400. */
function scalarOf(value: unknown, datatype: Datatype, where: string): Scalar {
  const missing = value === null || value === undefined;
  if (datatype === 'BYTES') {
    if (missing) return '';
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw badRequest(`${where} is ${JSON.stringify(value)} where the model takes text`);
  }
  if (missing) {
    if (datatype.startsWith('FP')) return null;
    throw badRequest(`${where} is missing, and ${datatype} has no missing value`);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  throw badRequest(`${where} is ${JSON.stringify(value)} where the model takes a number`);
}

const place = (list: boolean, row: number): string => (list ? `record ${row}` : 'the record');

/** The known name that differs least, where it differs little. */
function nearest(name: string, names: ReadonlySet<string>): string {
  let best = '';
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const known of names) {
    const distance = editDistance(name.toLowerCase(), known.toLowerCase());
    if (distance < least) [best, least] = [known, distance];
  }
  return best === '' ? `: the model takes ${[...names].join(', ')}` : `: did you mean "${best}"?`;
}

/** Levenshtein's: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
