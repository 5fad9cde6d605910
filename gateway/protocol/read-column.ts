import {
  acceptedOf,
  codeOf,
  float32Limit,
  isMissing,
  isOfType,
  numberOfCell,
  type Cell,
} from '../../contracts/cell.ts';
import { numbersOfHalves } from '../../contracts/float16.ts';
import { shownText } from '../../contracts/shown-text.ts';
import type { TensorData, TensorSpec } from '../../contracts/tensor.ts';
import type { ServedColumn } from '../engine/served-columns.ts';
import { badRequest, type HttpError } from '../http-error.ts';
import type { RequestTensor, Scalar } from '../infer-request.ts';
import type { Converter } from './convert.ts';
import { datatypeOf } from './datatypes.ts';

type Rule = ServedColumn['rule'];

/** A column's values for a model, read as training read them (`contracts/cell.ts`). Throws `HttpError` 400. */
export function columnReader(
  spec: TensorSpec,
  convert: Converter,
  { rule, nullable }: ServedColumn,
  strict: boolean,
): Converter {
  const { name, type } = spec;
  const read = type === 'string' ? codesReader(name, convert, rule) : numbersReader(spec, convert, rule);
  if (!strict || nullable) return read;
  return (tensor) => {
    const data = read(tensor);
    const row = missingRow(data);
    if (row !== -1)
      throw badRequest(
        `column "${name}" is missing${inRow(data, row)}, and the dataset does not allow that: send a value (${datatypeOf[type]}), or declare the column nullable`,
      );
    return data;
  };
}

function codesReader(name: string, convert: Converter, rule: Rule): Converter {
  const plain = rule.type === 'string' && (rule.missing ?? []).length === 0;
  return (tensor) => {
    const isTruth = tensor.datatype === 'BOOL';
    const cells = isTruth
      ? Array.from<Cell, Cell>(tensor.data as ArrayLike<Cell>, truthOf)
      : (convert(tensor) as readonly string[]);
    if (plain && !isTruth) return cells as readonly string[];
    return cells.map((cell, row) => {
      const code = codeOf(cell, rule);
      if (code !== '' && !isOfType(code, rule.type)) throw unreadable(name, cell, rule, inRow(cells, row));
      return code;
    });
  };
}

function numbersReader(spec: TensorSpec, convert: Converter, rule: Rule): Converter {
  const { name, type } = spec;
  const wrongRow = wrongRowOf(type, rule);
  return (tensor) => {
    const data = convert(asNumbers(spec, tensor, rule));
    const values = type === 'float16' ? numbersOfHalves(data as Uint16Array) : data;
    const row = wrongRow(values as ArrayLike<number | bigint>);
    if (row === -1) return data;
    const value = Number(values[row]);
    if (Number.isFinite(value)) throw unreadable(name, value, rule, inRow(values, row));
    throw badRequest(`column "${name}" is infinite${inRow(values, row)}: send a number, or leave the value out`);
  };
}

/** The first row whose number is no value of the column's type; -1 where there is none. NaN is missing. */
function wrongRowOf(type: TensorSpec['type'], rule: Rule): (values: ArrayLike<number | bigint>) => number {
  const isRight =
    rule.type === 'boolean'
      ? (value: number) => value === 0 || value === 1
      : rule.type === 'integer'
        ? Number.isInteger
        : (value: number) => Math.abs(value) < float32Limit || (type === 'float64' && Number.isFinite(value));
  return (values) => {
    for (let row = 0; row < values.length; row += 1) {
      const value = Number(values[row]);
      if (!isRight(value) && value === value) return row;
    }
    return -1;
  };
}

/** Texts, truths, and words that mean "missing", as numbers. */
function asNumbers({ name, type }: TensorSpec, tensor: RequestTensor, rule: Rule): RequestTensor {
  const { datatype, data } = tensor;
  const isText = datatype === 'BYTES';
  if (!isText && datatype !== 'BOOL') return (rule.missing ?? []).length === 0 ? tensor : withoutWords(tensor, rule);
  const cells = data as ArrayLike<Cell>;
  return {
    ...tensor,
    datatype: type.startsWith('float') ? 'FP64' : datatypeOf[type],
    data: Array.from(cells, (cell, row): Scalar => {
      const read = isText ? cell : truthOf(cell);
      const number = numberOfCell(read, rule);
      if (number === null) throw unreadable(name, read, rule, inRow(cells, row));
      return Number.isNaN(number) ? null : number;
    }),
  };
}

const inRow = ({ length }: { readonly length: number }, row: number): string => (length > 1 ? ` in row ${row}` : '');

/** The refusal of a value that is there and cannot be read as the column's type. `where` is such as ` in row 3`. */
export function unreadable(name: string, value: Cell, rule: Pick<Rule, 'type'>, where: string): HttpError {
  const shown = typeof value === 'string' ? `"${shownText(value, 60)}"` : String(value);
  return badRequest(
    `column "${shownText(name)}" holds ${shown}${where}, which cannot be read as ${rule.type}: send ${acceptedOf[rule.type]}`,
  );
}

/** Null where the request says nothing. */
const truthOf = (value: Cell): Cell => (value === null ? null : value === 1 || value === true);

/** The numbers of a request as they are; a text that means "missing" is null. */
function withoutWords(tensor: RequestTensor, rule: Rule): RequestTensor {
  if (!Array.isArray(tensor.data)) return tensor;
  const values = tensor.data as readonly Cell[];
  if (!values.some((value) => typeof value === 'string' && isMissing(value, rule))) return tensor;
  return {
    ...tensor,
    data: values.map((value) => (isMissing(value, rule) ? null : value)) as RequestTensor['data'],
  };
}

/** The first row without a value: an empty text, or a number that is not one; -1 where there is none. */
function missingRow(data: TensorData): number {
  for (let row = 0; row < data.length; row += 1) {
    const value = data[row];
    if (value === '' || value !== value) return row;
  }
  return -1;
}
