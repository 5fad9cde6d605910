import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from './proto.ts';

/** What a model's file says of itself, beside its inputs and outputs. */
export interface GraphFacts {
  /** Tensors whose values lie in another file, by name. */
  readonly external: readonly string[];
  /** Labels of its classifier or ZipMap, in the order of their probabilities, as text; null where the graph names none. */
  readonly classes: readonly string[] | null;
}

/** Walks a graph and all its subgraphs and functions. */
export function examineGraph({ graph, functions = [] }: ModelProto): GraphFacts {
  const external: string[] = [];
  let classes: string[] | null = null;
  const tensor = ({ name = '', dataLocation }: TensorProto): void => {
    if (dataLocation === 1) external.push(name);
  };
  const attribute = (found: AttributeProto): void => {
    if (found.t !== undefined && found.t !== null) tensor(found.t);
    for (const inner of found.tensors ?? []) tensor(inner);
    if (found.g !== undefined && found.g !== null) walk(found.g);
    for (const inner of found.graphs ?? []) walk(inner);
    classes = labelsOf(found) ?? classes;
  };
  const node = ({ attribute: attributes }: NodeProto): void => attributes.forEach(attribute);
  const walk = ({ initializer, sparseInitializer = [], node: nodes }: GraphProto): void => {
    initializer.forEach(tensor);
    for (const { values, indices } of sparseInitializer) [values, indices].forEach((part) => part && tensor(part));
    nodes.forEach(node);
  };
  walk(graph);
  for (const { node: nodes } of functions) nodes.forEach(node);
  return { external, classes };
}

/** `classlabels_ints`, `classlabels_int64s` and `classlabels_strings` of ONNX-ML's classifiers. */
function labelsOf({ name, ints, strings }: AttributeProto): string[] | null {
  if (!name.startsWith('classlabels')) return null;
  if (strings !== undefined && strings.length > 0) return strings.map((bytes) => new TextDecoder().decode(bytes));
  return ints !== undefined && ints.length > 0 ? ints.map(String) : null;
}
