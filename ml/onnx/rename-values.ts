import type { GraphProto, NodeProto } from './proto.ts';
import { subgraphsOf } from './subgraphs.ts';

/** Names of values of a graph and of its subgraphs; some more than once. */
export const valueNames = ({ node, initializer, input, output }: GraphProto): string[] => [
  ...initializer.flatMap(({ name }) => name ?? []),
  ...[...input, ...output].map(({ name }) => name),
  ...node.flatMap((one) => [...one.input, ...one.output, ...subgraphsOf(one).flatMap(valueNames)]),
];

/** A node that reads and makes values by their new names; its subgraphs, which see the values of the graph, too. */
export function renameInNode(node: NodeProto, newName: (name: string) => string): NodeProto {
  const within = (graph: GraphProto): GraphProto => ({
    ...graph,
    node: graph.node.map((one) => renameInNode(one, newName)),
    output: graph.output.map((value) => ({ ...value, name: newName(value.name) })),
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
