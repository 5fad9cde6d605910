import type { GraphProto, NodeProto } from './proto.ts';
import { valueNames } from './rename-values.ts';
import { subgraphsOf } from './subgraphs.ts';

/** Values that a node or its subgraphs name. */
export const readBy = (node: NodeProto): string[] => [...node.input, ...subgraphsOf(node).flatMap(valueNames)];

/** The nodes of a graph that some values need, in their order; none behind `given` ones. */
export function neededNodes(
  { node }: Pick<GraphProto, 'node'>,
  values: Iterable<string>,
  given: ReadonlySet<string> = new Set(),
): NodeProto[] {
  const needed = new Set(values);
  return node
    .toReversed()
    .filter((one) => {
      if (!one.output.some((name) => name !== '' && needed.has(name) && !given.has(name))) return false;
      for (const name of readBy(one)) if (name !== '') needed.add(name);
      return true;
    })
    .toReversed();
}
