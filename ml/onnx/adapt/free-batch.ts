import { attribute, intAttribute } from '../attribute.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../proto.ts';
import { elementTypes, tensorOf, tensorValues } from '../tensor.ts';
import { freeName } from '../free-name.ts';
import { initializerOf, makerOf } from '../lookups.ts';
import { valueNames } from '../rename-values.ts';

/**
 * The model with the fixed batch size taken out of the shapes that its `Reshape` nodes are given: exporters that know one batch size write it
 * there too. Null where there is no such shape. Whether the answers are the same must be tried.
 */
export function freeBatch(model: ModelProto, size: number): ModelProto | null {
  const { graph } = model;
  const taken = new Set(valueNames(graph));
  const initializer = [...graph.initializer];
  /** By the shape that several nodes may be given, and what 0 is in it, the name of the freed one. */
  const names = new Map<string, string | null>();
  const freedName = (node: NodeProto): string | null => {
    const [, name = ''] = node.input;
    const isZeroSize = intAttribute(node, 'allowzero', 0) !== 0;
    const key = `${isZeroSize ? 'zero' : 'same'} ${name}`;
    const before = names.get(key);
    if (before !== undefined) return before;
    const shape = freedShape(constantOf(graph, name), BigInt(size), isZeroSize);
    const freed = shape === null ? null : freeName(taken, `${name}_any_batch`);
    if (shape !== null && freed !== null) {
      taken.add(freed);
      initializer.push(tensorOf(freed, shape));
    }
    names.set(key, freed);
    return freed;
  };
  const node = graph.node.map((one): NodeProto => {
    const name = one.opType === 'Reshape' ? freedName(one) : null;
    return name === null ? one : { ...one, input: [one.input[0] ?? '', name] };
  });
  return initializer.length === graph.initializer.length ? null : { ...model, graph: { ...graph, node, initializer } };
}

function freedShape(tensor: TensorProto | null, size: bigint, isZeroSize: boolean): BigInt64Array | null {
  if (tensor === null || tensor.dataType !== elementTypes.int64) return null;
  const { data } = tensorValues(tensor);
  if (!(data instanceof BigInt64Array) || data[0] !== size) return null;
  const freed = data.slice();
  if (!data.includes(-1n)) freed[0] = -1n;
  // The size of the first axis of what is reshaped.
  else if (!isZeroSize) freed[0] = 0n;
  else return null;
  return freed;
}

function constantOf(graph: GraphProto, name: string): TensorProto | null {
  const weights = initializerOf(graph, name);
  if (weights !== undefined) return weights;
  const maker = makerOf(graph, name);
  return maker?.opType === 'Constant' ? (attribute(maker, 'value')?.t ?? null) : null;
}
