import type { ModelProto } from '../onnx/proto.ts';
import { freeName } from '../onnx/free-name.ts';
import { initializerOf } from '../onnx/lookups.ts';
import { renameInNode, valueNames } from '../onnx/rename-values.ts';
import { tensorOf, tensorValues } from '../onnx/tensor.ts';
import type { TuningPlan } from './plan.ts';

/** The weights of a plan as they are in its model, in one flat vector. */
export function firstWeights({ model, weights, size }: TuningPlan): Float32Array {
  const theta = new Float32Array(size);
  for (const { name, offset } of weights) {
    const tensor = initializerOf(model.graph, name);
    if (tensor !== undefined) theta.set(tensorValues(tensor).data as Float32Array, offset);
  }
  return theta;
}

/** `model`, from which the plan's was made by `withoutNames`, with other weights; all else stays as it is. */
export function withWeights(model: ModelProto, plan: TuningPlan, theta: Float32Array): ModelProto {
  const places = new Map(plan.weights.map((weight) => [weight.name, weight]));
  const initializer = model.graph.initializer.map((tensor, at) => {
    const place = places.get(plan.model.graph.initializer[at]?.name ?? '');
    if (place === undefined) return tensor;
    const { offset, size, shape } = place;
    return tensorOf(tensor.name ?? '', theta.subarray(offset, offset + size), shape);
  });
  return { ...model, graph: { ...model.graph, initializer } };
}

/** The model with other names for its values that are called so. Inputs and initializers stay in their order. */
export function withoutNames(model: ModelProto, isTaken: (name: string) => boolean): ModelProto {
  const { graph } = model;
  const all = new Set(valueNames(graph));
  const names = new Map<string, string>();
  for (const name of all) if (isTaken(name)) names.set(name, freeName(all, `${name}_of_model`));
  if (names.size === 0) return model;
  const newName = (name: string): string => names.get(name) ?? name;
  return {
    ...model,
    graph: {
      ...graph,
      node: graph.node.map((node) => renameInNode(node, newName)),
      initializer: graph.initializer.map((tensor) => ({ ...tensor, name: newName(tensor.name ?? '') })),
      input: graph.input.map((value) => ({ ...value, name: newName(value.name) })),
    },
  };
}
