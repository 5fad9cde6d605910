import type { Signature, TensorSpec } from '../../contracts/data/tensor.ts';
import { datatypeOf } from '../../contracts/data/tensor.ts';

/** Metadata of the server. */
export const serverMetadata = {
  name: 'pawl',
  version: '2',
  extensions: ['binary_tensor_data', 'model_configuration', 'statistics', 'parameters'],
};

/** A version in memory and the numbers of those beside it. */
export interface Described {
  readonly model: string;
  readonly versions: readonly number[];
  readonly served: {
    readonly version: number;
    readonly signature: Signature;
    readonly batches: boolean;
    readonly policy: { readonly maxBatch: number };
  };
}

const platform = 'onnxruntime_onnx';
const sizesOf = (shape: TensorSpec['shape']): number[] => shape.map((size) => size ?? -1);

/** Metadata of a model. */
export function modelMetadata({ model, versions, served: { signature } }: Described): object {
  const describe = ({ name, type, shape }: TensorSpec): object => ({
    name,
    datatype: datatypeOf[type],
    shape: sizesOf(shape),
  });
  return {
    name: model,
    versions: versions.map(String),
    platform,
    inputs: signature.inputs.map(describe),
    outputs: signature.outputs.map(describe),
  };
}

/**
 * Configuration of a model in the words of the model configuration extension. Where rows may share a pass, `max_batch_size` is the
 * most that do and `dims` leave the batch axis out; else it is 0 and `dims` are the whole shape.
 */
export function modelConfig({ model, served: { version, signature, batches, policy } }: Described): object {
  const tensors = [...signature.inputs, ...signature.outputs];
  const batching = batches && policy.maxBatch > 1 && tensors.every(({ shape }) => shape[0] === null);
  const describe = ({ name, type, shape }: TensorSpec): object => {
    const dims = sizesOf(batching ? shape.slice(1) : shape);
    const data_type = type === 'string' ? 'TYPE_STRING' : `TYPE_${datatypeOf[type]}`;
    return { name, data_type, ...(dims.length > 0 ? { dims } : { dims: [1], reshape: { shape: [] } }) };
  };
  return {
    name: model,
    platform,
    backend: 'onnxruntime',
    version_policy: { specific: { versions: [version] } },
    max_batch_size: batching ? policy.maxBatch : 0,
    input: signature.inputs.map(describe),
    output: signature.outputs.map(describe),
    ...(batching ? { dynamic_batching: {} } : {}),
  };
}
