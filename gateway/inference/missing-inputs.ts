import { isWholeType, type TensorSpec } from '../../contracts/data/tensor.ts';
import type { MissingInputs } from '../../contracts/serving/misfit-note.ts';
import type { InferRequest, RequestTensor } from '../call/infer-request.ts';
import type { ServedVersion } from '../models/served-version.ts';
import type { ServedColumns } from '../models/served-columns.ts';

/**
 * The inputs for which a version refuses a request that does not have them: their tensors are absent, or hold nothing but null. Of columns that may
 * all be missing, one must be there.
 */
export function missingInputs(
  { signature, columns }: Pick<ServedVersion, 'signature' | 'columns'>,
  { tensors }: InferRequest,
): MissingInputs {
  const all = signature.inputs.map(({ name }) => name);
  const names = signature.inputs
    .filter((spec) => {
      const tensor = tensors.get(spec.name);
      return tensor === undefined ? !mayBeAbsent(spec, columns) : isNull(tensor) && !mayBeNull(spec, columns);
    })
    .map(({ name }) => name);
  const isEmpty = !all.some((name) => tensors.has(name));
  return { kind: columns.ranges === null ? 'columns' : 'tensors', names: isEmpty ? all : names };
}

const isNull = ({ data }: RequestTensor): boolean =>
  !ArrayBuffer.isView(data) && data.length > 0 && Array.prototype.every.call(data, (value) => value === null);

const mayBeAbsent = ({ name, type, shape }: TensorSpec, { columns }: ServedColumns): boolean =>
  shape[0] === null &&
  shape[1] === 1 &&
  shape.length === 2 &&
  !isWholeType(type) &&
  columns.get(name)?.nullable === true;

function mayBeNull({ name, type }: TensorSpec, { columns, strict, ranges }: ServedColumns): boolean {
  if (isWholeType(type)) return false;
  if (ranges !== null) return type === 'string';
  return !strict || columns.get(name)?.nullable !== false;
}
