import { attribute, intAttribute } from '../attribute.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from '../proto.ts';
import { tensorOf, tensorValues } from '../tensor.ts';
import { valueNames } from '../rename-values.ts';

/**
 * The model with the fixed batch size taken out of the shapes that its `Reshape` nodes are given: exporters that know one batch size write it
 * there too. Null where there is no such shape. Whether the answers are the same must be tried.
 */
export function freeBatch(model: ModelProto, size: number): ModelProto | null {
  const { graph } = model;
  const names = new Set(valueNames(graph));
  const initializer = [...graph.initializer];
  let freed = 0;
  const node = graph.node.map((one): NodeProto => {
    const shape = one.opType === 'Reshape' ? freedShape(graph, one, BigInt(size)) : null;
    if (shape === null) return one;
    freed += 1;
    const name = freeName(names, `${one.input[1] ?? ''}_any_batch`);
    initializer.push(tensorOf(name, shape));
    return { ...one, input: [one.input[0] ?? '', name] };
  });
  return freed === 0 ? null : { ...model, graph: { ...graph, node, initializer } };
}

function freedShape(graph: GraphProto, node: NodeProto, size: bigint): BigInt64Array | null {
  const tensor = constantOf(graph, node.input[1] ?? '');
  if (tensor === null) return null;
  const { data } = tensorValues(tensor);
  if (!(data instanceof BigInt64Array) || data[0] !== size) return null;
  const freed = data.slice();
  if (!data.includes(-1n)) freed[0] = -1n;
  // The size of the first axis of what is reshaped.
  else if (intAttribute(node, 'allowzero', 0) === 0) freed[0] = 0n;
  else return null;
  return freed;
}

function constantOf({ initializer, node }: GraphProto, name: string): TensorProto | null {
  const weights = initializer.find((tensor) => tensor.name === name);
  if (weights !== undefined) return weights;
  const maker = node.find(({ opType, output }) => opType === 'Constant' && output.includes(name));
  return maker === undefined ? null : (attribute(maker, 'value')?.t ?? null);
}

function freeName(taken: Set<string>, wanted: string): string {
  if (taken.has(wanted)) return freeName(taken, `${wanted}_`);
  taken.add(wanted);
  return wanted;
}
