import { codeOf, isMissing } from '../../../contracts/data/cell.ts';
import type { Column } from '../../../contracts/data/dataset.ts';
import { datatypeOf, sizeOf, type Signature, type TensorSpec } from '../../../contracts/data/tensor.ts';
import type { TensorInput } from '../../../contracts/model/tensors.ts';
import type { ServedColumn, ServedColumns } from '../../models/served-columns.ts';

type Value = string | number | boolean;

/** What a version's requests are described by: its inputs and outputs, and what its dataset says of the columns. */
export interface DescribedInputs {
  readonly signature: Signature;
  readonly columns: ServedColumns;
}

const hasMissing = ({ type }: TensorSpec): boolean => type === 'string' || type.startsWith('float');

/** One value a row. */
const isColumn = ({ shape }: TensorSpec): boolean => shape.slice(1).every((size) => size === 1);

/** What the dataset says of an input; null where it says nothing. */
const servedOf = (spec: TensorSpec, { columns }: ServedColumns): ServedColumn | null =>
  isColumn(spec) ? (columns.get(spec.name) ?? null) : null;

/** Whether a record may leave the input out, or send null: where the model has a missing value, and the dataset allows one. */
export function mayBeMissing(spec: TensorSpec, columns: ServedColumns): boolean {
  const served = servedOf(spec, columns);
  return isColumn(spec) && hasMissing(spec) && (served === null || served.nullable || !columns.strict);
}

/** JSON schema of an input's value in a record, a list where there are several. */
export function inputSchema(spec: TensorSpec, columns: ServedColumns): object {
  const served = servedOf(spec, columns);
  if (served === null)
    return outputSchema(spec, { nullable: mayBeMissing(spec, columns), range: columns.ranges?.get(spec.name) ?? {} });
  const { declared } = served;
  const missing = mayBeMissing(spec, columns) ? [null] : [];
  const allowed = allowedOf(declared);
  const types = [
    ...new Set([
      jsonTypeOf(declared),
      ...(allowed ?? []).map((value) => (typeof value === 'string' ? 'string' : jsonTypeOf(declared))),
    ]),
    ...missing.map(() => 'null'),
  ];
  return {
    type: types.length === 1 ? types[0] : types,
    ...(declared.type === 'timestamp' && { format: 'date-time' }),
    ...(allowed !== null && { enum: [...allowed, ...missing] }),
    ...(declared.min !== undefined && { minimum: declared.min }),
    ...(declared.max !== undefined && { maximum: declared.max }),
    ...describedBy(declared),
  };
}

/** The description of a column, and how many codes it has where they are not listed. */
function describedBy({ description, allowed = [] }: Column): { description?: string } {
  const said = [description, allowed.length > mostCodes ? `one of ${allowed.length} codes` : ''].filter(
    (text) => text !== '',
  );
  return said.length === 0 ? {} : { description: said.join('; ') };
}

/** JSON schema of a value by its type in the model alone, and the whole numbers that are declared. */
export function outputSchema(
  spec: TensorSpec,
  { nullable = hasMissing(spec), range = {} }: { nullable?: boolean; range?: Pick<TensorInput, 'min' | 'max'> } = {},
): object {
  const { type } = spec;
  const json =
    type === 'string' ? 'string' : type === 'bool' ? 'boolean' : type.startsWith('float') ? 'number' : 'integer';
  const isWhole = json === 'integer';
  const one = {
    type: nullable ? [json, 'null'] : json,
    ...(isWhole && range.min !== undefined && { minimum: range.min }),
    ...(isWhole && range.max !== undefined && { maximum: range.max }),
  };
  const description = `${datatypeOf[type]}${nullable ? '; may be missing' : ''}`;
  if (isColumn(spec)) return { ...one, description };
  const row = spec.shape.slice(1);
  const sizes = row.map((size) => size ?? 'any').join(' x ');
  const cut = valuesOf(row) > mostExample ? '; the example is cut' : '';
  const more = row.length > 1 ? `, as lists within lists${row.includes(null) ? '' : ' or as one list'}` : '';
  return { type: 'array', items: row.length > 1 ? {} : one, description: `${description}; ${sizes}${more}${cut}` };
}

const jsonTypeOf = ({ type }: Column): string => (type === 'timestamp' ? 'string' : type);

/** Codes of a column that are listed at most: nobody reads more, and they would be listed for each column. */
const mostCodes = 200;

/** The codes of a category as a caller writes them; null where any is taken, both of a boolean are, or there are too many to list. */
function allowedOf(column: Column): Value[] | null {
  const { kind, type, allowed } = column;
  if (kind !== 'categorical' || allowed === undefined || type === 'boolean' || allowed.length > mostCodes) return null;
  return allowed.map((code) => callersCode(code, column));
}

/** A code as a caller writes it: a number where JSON keeps it. */
function callersCode(allowed: string, column: Column): Value {
  const code = codeOf(allowed, column);
  return column.type !== 'string' && isKept(code) ? Number(code) : code;
}

/** JSON keeps the number. */
const isKept = (code: string): boolean => !Number.isInteger(Number(code)) || Number.isSafeInteger(Number(code));

/** A value that the gateway takes for an input. */
export function exampleValue(spec: TensorSpec, columns: ServedColumns): Value {
  const served = servedOf(spec, columns);
  if (served === null)
    return spec.type === 'string' ? '' : spec.type === 'bool' ? false : (columns.ranges?.get(spec.name)?.min ?? 0);
  const { declared } = served;
  const [code] = declared.kind === 'categorical' && declared.type !== 'boolean' ? (declared.allowed ?? []) : [];
  if (code !== undefined) return callersCode(code, declared);
  switch (declared.type) {
    case 'boolean':
      return true;
    case 'integer':
    case 'number': {
      const { min = -Infinity, max = Infinity } = declared;
      const inside = Math.min(Math.max(1, min), max);
      return declared.type === 'integer' ? (Math.ceil(inside) <= max ? Math.ceil(inside) : Math.floor(inside)) : inside;
    }
    case 'timestamp':
      return '2024-01-31T12:00:00Z';
    case 'string':
      return ['text', 'example', 'a', 'b'].find((text) => !isMissing(text, declared)) ?? 'example text';
  }
}

/** A tensor of the Open Inference Protocol that the gateway takes for an input. */
export function exampleTensor(spec: TensorSpec, columns: ServedColumns): object {
  const { name, type, shape } = spec;
  const example = exampleValue(spec, columns);
  const value =
    type === 'string'
      ? codeOf(example, servedOf(spec, columns)?.rule ?? { type: 'string' })
      : type === 'bool'
        ? Boolean(example)
        : Number(example);
  return {
    name,
    datatype: datatypeOf[type],
    shape: shape.map((size) => size ?? 1),
    data: Array.from({ length: Math.min(mostExample, valuesOf(shape)) }, () => value),
  };
}

/** Values of an example at most: nobody reads those of a picture. */
const mostExample = 1_000;

/** As many as a shape has, one where a size is open. */
const valuesOf = (shape: TensorSpec['shape']): number => sizeOf(shape.map((size) => size ?? 1));

/** The value, or a list of as many as the shape of a row has, as far as an example shows them. */
export function repeated(value: Value, shape: TensorSpec['shape']): Value | Value[] {
  const size = Math.min(mostExample, valuesOf(shape));
  return size === 1 && !shape.includes(null) ? value : Array.from({ length: size }, () => value);
}
