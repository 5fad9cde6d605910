import { codeOf, isMissing, type Cell } from '../../contracts/cell.ts';
import type { TensorData, TensorSpec } from '../../contracts/tensor.ts';
import type { ServedColumn } from '../engine/served-columns.ts';
import { badRequest } from '../http-error.ts';
import type { RequestTensor } from '../infer-request.ts';
import type { Converter } from './convert.ts';
import { datatypeOf } from './datatypes.ts';

/** A column's values for a model, read as training read them (`contracts/cell.ts`). Throws `HttpError` 400. */
export function columnReader(
  { name, type }: TensorSpec,
  convert: Converter,
  { rule, nullable }: ServedColumn,
  strict: boolean,
): Converter {
  const plain = rule.type === 'string' && (rule.missing ?? []).length === 0;
  const read = (tensor: RequestTensor): TensorData => {
    if (type === 'string') {
      if (tensor.datatype === 'BOOL')
        return Array.from<Cell, string>(tensor.data as ArrayLike<Cell>, (value) => codeOf(truthOf(value), rule));
      const texts = convert(tensor) as readonly string[];
      return plain ? texts : texts.map((text) => codeOf(text, rule));
    }
    return convert(rule.missing === undefined || rule.missing.length === 0 ? tensor : withoutWords(tensor, rule));
  };
  if (!strict || nullable) return read;
  return (tensor) => {
    const data = read(tensor);
    const row = missingRow(data);
    if (row !== -1)
      throw badRequest(
        `column "${name}" is missing${data.length > 1 ? ` in row ${row}` : ''}, and the dataset does not allow that: send a value (${datatypeOf[type]}), or declare the column nullable`,
      );
    return data;
  };
}

/** Null where the request says nothing. */
const truthOf = (value: Cell): Cell => (value === null ? null : value === 1 || value === true);

/** The numbers of a request as they are; a text that means "missing" is null. */
function withoutWords(tensor: RequestTensor, rule: ServedColumn['rule']): RequestTensor {
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
