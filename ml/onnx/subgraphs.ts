import type { GraphProto, NodeProto } from './proto.ts';

/** The bodies of a node of `Loop`, `Scan` or `If`. */
export const subgraphsOf = (node: NodeProto): GraphProto[] =>
  node.attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);
