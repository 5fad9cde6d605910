import { decodeModel, encodeModel, type ModelProto } from './proto.ts';
import { tensorValues } from './tensor.ts';

/**
 * The greatest difference between the weights of two models, as a share of the greatest absolute value of the tensor; null where the graphs
 * differ in more than their floating-point weights.
 */
export function weightsDifference(one: Uint8Array, other: Uint8Array): number | null {
  const [a, b] = [taken(decodeModel(one)), taken(decodeModel(other))];
  if (!sameBytes(a.rest, b.rest) || a.weights.length !== b.weights.length) return null;
  let greatest = 0;
  for (const [at, values] of a.weights.entries()) {
    const others = b.weights[at]!;
    if (values.length !== others.length) return null;
    let [size, difference] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      size = Math.max(size, Math.abs(values[i]!));
      difference = Math.max(difference, Math.abs(values[i]! - others[i]!));
    }
    if (difference > 0) greatest = Math.max(greatest, size === 0 ? Infinity : difference / size);
  }
  return greatest;
}

type Floats = Float32Array | Float64Array;

/** Floating-point weights of the graph, and the model without their values. */
function taken(model: ModelProto): { readonly weights: readonly Floats[]; readonly rest: Uint8Array } {
  const weights: Floats[] = [];
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    const { data } = tensorValues(tensor);
    if (!(data instanceof Float32Array || data instanceof Float64Array)) return tensor;
    weights.push(data);
    const { name, dims, dataType } = tensor;
    return { name, dims, dataType };
  });
  const graph = { ...model.graph, initializer };
  return { weights, rest: encodeModel({ ...model, graph }) };
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
