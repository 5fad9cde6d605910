import type { GraphProto, NodeProto, SparseTensorProto } from './proto.ts';
import { subgraphsOf } from './subgraphs.ts';

type NewName = (name: string) => string;

/** Names of values of a graph and of its subgraphs; some more than once. */
export const valueNames = ({ node, initializer, sparseInitializer = [], input, output }: GraphProto): string[] => [
  ...initializer.flatMap(({ name }) => name ?? []),
  ...sparseInitializer.flatMap(({ values }) => values?.name ?? []),
  ...[...input, ...output].map(({ name }) => name),
  ...node.flatMap((one) => [...one.input, ...one.output, ...subgraphsOf(one).flatMap(valueNames)]),
];

/** Sparse weights by their new names: that of their values counts. */
export const renameSparse = (weights: readonly SparseTensorProto[], newName: NewName): SparseTensorProto[] =>
  weights.map((tensor) => ({
    ...tensor,
    ...(tensor.values && { values: { ...tensor.values, name: newName(tensor.values.name ?? '') } }),
  }));

/**
 * A node that reads and makes values by their new names; its subgraphs, which see the values of the graph, too. What a subgraph declares under such a
 * name is its own, and is renamed as well, so that it hides the value of the graph as before.
 */
export function renameInNode(node: NodeProto, newName: NewName): NodeProto {
  const within = (graph: GraphProto): GraphProto => ({
    ...graph,
    node: graph.node.map((one) => renameInNode(one, newName)),
    initializer: graph.initializer.map((tensor) => ({ ...tensor, name: newName(tensor.name ?? '') })),
    ...(graph.sparseInitializer && { sparseInitializer: renameSparse(graph.sparseInitializer, newName) }),
    input: graph.input.map((value) => ({ ...value, name: newName(value.name) })),
    output: graph.output.map((value) => ({ ...value, name: newName(value.name) })),
    valueInfo: graph.valueInfo.map((value) => ({ ...value, name: newName(value.name) })),
    ...(graph.quantizationAnnotation && {
      quantizationAnnotation: graph.quantizationAnnotation.map((one) => ({
        ...one,
        tensorName: newName(one.tensorName),
      })),
    }),
  });
  return {
    ...node,
    input: node.input.map(newName),
    output: node.output.map(newName),
    attribute: node.attribute.map((attribute) => ({
      ...attribute,
      ...(attribute.g && { g: within(attribute.g) }),
      ...(attribute.graphs && { graphs: attribute.graphs.map(within) }),
    })),
  };
}
