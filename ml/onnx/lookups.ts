import type { GraphProto, NodeProto, TensorProto } from './proto.ts';

interface Lookups {
  readonly makers: ReadonlyMap<string, NodeProto>;
  readonly weights: ReadonlyMap<string, TensorProto>;
}

/** Graphs are not changed once they are made. A model from elsewhere may have any number of nodes, so that none is looked for one by one. */
const known = new WeakMap<GraphProto, Lookups>();

function lookupsOf(graph: GraphProto): Lookups {
  const found = known.get(graph);
  if (found !== undefined) return found;
  const makers = new Map<string, NodeProto>();
  const weights = new Map<string, TensorProto>();
  for (const node of graph.node) for (const name of node.output) if (!makers.has(name)) makers.set(name, node);
  for (const tensor of graph.initializer) if (!weights.has(tensor.name ?? '')) weights.set(tensor.name ?? '', tensor);
  const lookups = { makers, weights };
  known.set(graph, lookups);
  return lookups;
}

/** The node that makes a value. */
export const makerOf = (graph: GraphProto, value: string): NodeProto | undefined => lookupsOf(graph).makers.get(value);

/** The initializer of a name. */
export const initializerOf = (graph: GraphProto, name: string): TensorProto | undefined =>
  lookupsOf(graph).weights.get(name);

/** The makers of a value, of the first input of its maker, and so on; a graph that is not acyclic ends where it began. */
export function* makersBehind(graph: GraphProto, value: string): Generator<NodeProto> {
  const seen = new Set<NodeProto>();
  for (let at = makerOf(graph, value); at !== undefined && !seen.has(at); at = makerOf(graph, at.input[0] ?? '')) {
    seen.add(at);
    yield at;
  }
}
