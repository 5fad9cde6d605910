import {
  acceptedOf,
  codeOf,
  float32Limit,
  isMissing,
  isOfType,
  numberOfCell,
  readNumeral,
  wordCodes,
  type Cell,
} from '../../contracts/data/cell.ts';
import { halfOf, numbersOfHalves } from '../../codec/float16.ts';
import { shownText } from '../../contracts/shown-text.ts';
import type { TensorData, TensorSpec } from '../../contracts/data/tensor.ts';
import type { ServedColumn } from '../models/served-columns.ts';
import { badRequest, type HttpError } from '../call/http-error.ts';
import type { Datatype, RequestTensor, Scalar } from '../call/infer-request.ts';
import type { Converter } from './convert.ts';
import { datatypeOf } from '../../contracts/data/tensor.ts';

type Rule = ServedColumn['rule'];

/** A column's values for a model, read as training read them (`contracts/data/cell.ts`). Throws `HttpError` 400. */
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
    if (plain && !isTruth) {
      const texts = cells as readonly string[];
      for (let row = 0; row < texts.length; row += 1)
        if (!isOfType(texts[row]!, 'string')) throw unreadable(name, texts[row], rule, inRow(texts, row));
      return texts;
    }
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
  const words = wordsOf(rule);
  return (tensor) => {
    const data = convert(asNumbers(spec, tensor, rule, words));
    const values = type === 'float16' ? numbersOfHalves(data as Uint16Array) : data;
    const row = wrongRow(values as ArrayLike<number | bigint>);
    if (row === -1) return data;
    const value = Number(values[row]);
    if (Number.isFinite(value)) throw unreadable(name, value, rule, inRow(values, row));
    throw badRequest(`column "${name}" is infinite${inRow(values, row)}: send a number, or leave the value out`);
  };
}

/** The first row whose number is not a value of the column's type; -1 where there is none. NaN is missing. */
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
function asNumbers(
  { name, type }: TensorSpec,
  tensor: RequestTensor,
  rule: Rule,
  words: ReturnType<typeof wordsOf>,
): RequestTensor {
  const { datatype, data } = tensor;
  const isText = datatype === 'BYTES';
  if (!isText && datatype !== 'BOOL') return words === null ? tensor : withoutWords(tensor, words(datatype));
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

/** The numbers of a request as they are; those, and texts, that mean "missing" are null. */
function withoutWords(tensor: RequestTensor, isWord: IsWord): RequestTensor {
  const { data } = tensor;
  const values = numbersIn(tensor);
  let row = 0;
  while (row < values.length && !isWord(values[row])) row += 1;
  if (row === values.length) return tensor;
  const isList = Array.isArray(data);
  const without = (value: Cell): Scalar => (isWord(value) ? null : isList ? (value as Scalar) : Number(value));
  // A typed array of integers has no missing value.
  return { ...tensor, datatype: isList ? tensor.datatype : 'FP64', data: Array.from(values, without) };
}

const numbersIn = ({ data, datatype }: RequestTensor): ArrayLike<Cell> =>
  datatype === 'FP16' && !Array.isArray(data) ? numbersOfHalves(data as Uint16Array) : data;

type IsWord = (value: Cell) => boolean;

/** What tells declared words among the cells of tensors of a datatype, in its precision; null where the column has none. */
function wordsOf(rule: Rule): ((datatype: Datatype) => IsWord) | null {
  const codes = wordCodes(rule);
  if (codes.size === 0) return null;
  const numbers = [...codes].flatMap((code) => readNumeral(code) ?? []);
  const made = new Map<Datatype, IsWord>();
  const make = (datatype: Datatype): IsWord => {
    if (datatype === 'INT64' || datatype === 'UINT64')
      return (value) =>
        typeof value === 'string' ? isMissing(value, rule) : value !== null && codes.has(String(value));
    const rounded = datatype === 'FP32' ? Math.fround : datatype === 'FP16' ? nearestHalf : Number;
    const words = new Set(numbers.map(rounded).filter(Number.isFinite));
    return (value) =>
      typeof value === 'number' ? words.has(rounded(value)) : typeof value === 'string' && isMissing(value, rule);
  };
  return (datatype) => {
    const known = made.get(datatype) ?? make(datatype);
    made.set(datatype, known);
    return known;
  };
}

const nearestHalf = (value: number): number => numbersOfHalves(Uint16Array.of(halfOf(value)))[0]!;

/** The first row without a value: an empty text, or a number that is not one; -1 where there is none. */
function missingRow(data: TensorData): number {
  for (let row = 0; row < data.length; row += 1) {
    const value = data[row];
    if (value === '' || value !== value) return row;
  }
  return -1;
}
