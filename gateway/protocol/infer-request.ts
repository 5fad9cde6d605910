import { badRequest } from '../http-error.ts';
import { isDatatype } from './datatypes.ts';

export type Scalar = string | number | boolean | null;

/** One column as the client sent it: `rows` values, checked for shape, not yet for the model's type. */
export interface RequestColumn {
  readonly name: string;
  readonly datatype: string;
  readonly data: readonly Scalar[];
}

/** An inference request as JSON tensors, independent of any version's signature. */
export interface InferRequest {
  readonly id: string | null;
  readonly key: string | null;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, RequestColumn>;
  /** Names of the outputs that were asked for; null is all. */
  readonly outputs: readonly string[] | null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws `HttpError` 400 that names the tensor and what was wrong with it. */
export function parseInferRequest(body: string, maxRows: number): InferRequest {
  const value = parseJson(body);
  if (!isObject(value)) throw badRequest('the body must be a JSON object with "inputs"');
  if (!Array.isArray(value.inputs) || value.inputs.length === 0)
    throw badRequest('"inputs" must be a list of tensors: {"name", "datatype", "shape", "data"}');
  const columns = new Map<string, RequestColumn>();
  let rows = 0;
  for (const input of value.inputs as unknown[]) {
    const column = parseColumn(input);
    if (columns.has(column.name)) throw badRequest(`input "${column.name}" stands twice in the request`);
    if (columns.size > 0 && column.data.length !== rows)
      throw badRequest(`input "${column.name}" has ${column.data.length} rows where the others have ${rows}`);
    rows = column.data.length;
    columns.set(column.name, column);
  }
  if (rows > maxRows) throw badRequest(`the request has ${rows} rows; at most ${maxRows} are taken: split it`);
  return {
    id: parseId(value.id),
    key: parseKey(value.parameters),
    rows,
    columns,
    outputs: parseOutputs(value.outputs),
  };
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw badRequest(`the body is no valid JSON: ${(error as Error).message}`);
  }
}

function parseColumn(input: unknown): RequestColumn {
  if (!isObject(input) || typeof input.name !== 'string' || input.name === '')
    throw badRequest('every input needs a "name"');
  const { name, datatype, shape } = input;
  if (!isDatatype(datatype))
    throw badRequest(
      `input "${name}": datatype ${JSON.stringify(datatype)} is none of BOOL, INT8 to INT64, UINT8 to UINT64, FP16, FP32, FP64, BYTES`,
    );
  if (isObject(input.parameters) && input.parameters.binary_data_size !== undefined)
    throw badRequest(`input "${name}": binary tensors are not taken; send "data" as JSON`);
  if (!Array.isArray(input.data)) throw badRequest(`input "${name}": "data" must be a list`);
  if (!Array.isArray(shape) || shape.some((size) => !Number.isInteger(size) || (size as number) < 0))
    throw badRequest(`input "${name}": "shape" must be a list of sizes, like [3, 1]`);
  if (shape.length === 0 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1))
    throw badRequest(`input "${name}": shape [${shape.join(', ')}] is not [rows, 1]: a column has one value per row`);
  const rows = shape[0] as number;
  const data = isFlat(input.data) ? (input.data as Scalar[]) : (input.data.flat(Infinity) as Scalar[]);
  if (rows === 0) throw badRequest(`input "${name}" has no rows`);
  if (data.length !== rows)
    throw badRequest(`input "${name}": shape [${shape.join(', ')}] wants ${rows} values, "data" has ${data.length}`);
  if (data.some(isObject)) throw badRequest(`input "${name}": "data" holds an object`);
  return { name, datatype, data };
}

function isFlat(data: readonly unknown[]): boolean {
  for (const value of data) if (Array.isArray(value)) return false;
  return true;
}

function parseId(id: unknown): string | null {
  if (id === undefined || id === null || id === '') return null;
  if (typeof id !== 'string') throw badRequest('"id" must be a string');
  return id;
}

function parseKey(parameters: unknown): string | null {
  if (!isObject(parameters) || parameters.key === undefined || parameters.key === null) return null;
  if (typeof parameters.key === 'string' || typeof parameters.key === 'number') return String(parameters.key);
  throw badRequest('"parameters.key" must be a string: requests of one key get the same version');
}

function parseOutputs(outputs: unknown): string[] | null {
  if (outputs === undefined || outputs === null) return null;
  if (!Array.isArray(outputs)) throw badRequest('"outputs" must be a list of {"name"}');
  if (outputs.length === 0) return null;
  return outputs.map((output: unknown) => {
    if (!isObject(output) || typeof output.name !== 'string') throw badRequest('every output needs a "name"');
    return output.name;
  });
}
