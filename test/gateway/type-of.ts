import type { TensorType } from '../../contracts/data/tensor.ts';
import type { Datatype } from '../../gateway/call/infer-request.ts';
import { datatypeOf } from '../../contracts/data/tensor.ts';

/** The type of a model's tensor by its name in the Open Inference Protocol. */
export const typeOf = Object.fromEntries(
  Object.entries(datatypeOf).map(([type, datatype]) => [datatype, type]),
) as Readonly<Record<Datatype, TensorType>>;
