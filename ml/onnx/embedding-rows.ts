import { intAttribute } from './attribute.ts';
import { initializerOf } from './lookups.ts';
import type { GraphProto, NodeProto } from './proto.ts';

/** `TensorProto.DataType` of the numbers that choose rows: int32, int64. */
const indexTypes = new Set([6, 7]);

/**
 * Rows of the table that an input chooses from by number, directly or cast: a number beyond them fails the model. The smallest one of several
 * tables. Null where the input chooses from none whose size is known.
 */
export function embeddingRows(graph: GraphProto): (input: string) => number | null {
  const rows = new Map<string, number>();
  const passed = new Map<string, string[]>();
  for (const node of graph.node) {
    const [first = '', second = ''] = node.input;
    const [made = ''] = node.output;
    if (keepsNumbers(node)) {
      const known = passed.get(first);
      if (known === undefined) passed.set(first, [made]);
      else known.push(made);
    }
    const size = choosesRows(node) ? initializerOf(graph, first)?.dims[0] : undefined;
    if (size !== undefined && size > 0) rows.set(second, Math.min(size, rows.get(second) ?? Infinity));
  }
  return (input) => {
    const values = new Set([input]);
    let least = Infinity;
    for (const value of values) {
      least = Math.min(least, rows.get(value) ?? Infinity);
      for (const made of passed.get(value) ?? []) values.add(made);
    }
    return Number.isFinite(least) ? least : null;
  };
}

const choosesRows = (node: NodeProto): boolean => node.opType === 'Gather' && intAttribute(node, 'axis', 0) === 0;

const keepsNumbers = (node: NodeProto): boolean =>
  node.opType === 'Identity' || (node.opType === 'Cast' && indexTypes.has(intAttribute(node, 'to', 0)));
