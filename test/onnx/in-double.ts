import { GraphBuilder, nodeOf } from '../../ml/onnx/graph.ts';
import { attribute, floatAttribute } from '../../ml/onnx/attribute.ts';
import type { ModelProto, NodeProto, ValueInfoProto } from '../../ml/onnx/proto.ts';
import { elementTypes, tensorOf, tensorValues } from '../../ml/onnx/tensor.ts';

const { float32, float64 } = elementTypes;

/** Operators that ONNX Runtime computes in float32 alone, and that are linear in each input. */
const single = ['Conv', 'ConvTranspose', 'AveragePool'];

/** The model in double precision; null where an operator is not to be had in it. */
export function inDouble(model: ModelProto): ModelProto | null {
  const { graph } = model;
  if (graph.node.some(({ opType }) => single.includes(opType))) return null;
  const g = new GraphBuilder('in double');
  const scalar = (value: number): string => g.constant('double', Float64Array.of(value), []);
  const wide = (info: ValueInfoProto): ValueInfoProto => {
    const tensorType = info.type!.tensorType!;
    const elemType = tensorType.elemType === float32 ? float64 : tensorType.elemType;
    return { ...info, type: { tensorType: { ...tensorType, elemType } } };
  };
  for (const name of [...graph.input, ...graph.output, ...graph.initializer].map((one) => one.name ?? ''))
    g.unique(name);
  for (const node of graph.node) for (const name of node.output) g.unique(name);
  for (const node of graph.node) g.nodes.push(...composed(g, scalar, node));
  return {
    ...model,
    graph: {
      ...graph,
      node: g.nodes.map((node) =>
        node.opType === 'Cast' && attribute(node, 'to')?.i === 1n
          ? nodeOf('Cast', node.input, node.output, { to: { int: float64 } })
          : node,
      ),
      initializer: [
        ...graph.initializer.map((tensor) => {
          if (tensor.dataType !== float32) return tensor;
          const { data, dims } = tensorValues(tensor);
          return tensorOf(tensor.name ?? '', Float64Array.from(data, Number), dims);
        }),
        ...g.initializers,
      ],
      input: graph.input.map(wide),
      output: graph.output.map(wide),
    },
  };
}

/** Operators that ONNX Runtime does not have in double, of others that it has. */
function composed(g: GraphBuilder, scalar: (value: number) => string, node: NodeProto): NodeProto[] {
  const [x = ''] = node.input;
  const before = g.nodes.length;
  const mul = (a: string, b: string): string => g.node('Mul', [a, b]);
  const above = (): string => g.node('Greater', [x, scalar(0)]);
  const erf = (of: string): string => {
    // The Maclaurin series.
    let term = of;
    let total = of;
    for (let n = 1; n < 60; n++) {
      term = mul(term, mul(mul(of, of), scalar(-1 / n)));
      total = g.node('Add', [total, mul(term, scalar(1 / (2 * n + 1)))]);
    }
    return mul(total, scalar(2 / Math.sqrt(Math.PI)));
  };
  const half = (of: string): string => mul(mul(x, scalar(0.5)), g.node('Add', [scalar(1), of]));
  const byName: Readonly<Record<string, () => string>> = {
    Softplus: () => g.node('Log', [g.node('Add', [scalar(1), g.node('Exp', [x])])]),
    LeakyRelu: () => g.node('Where', [above(), x, mul(x, scalar(alphaOf(node)))]),
    Elu: () => {
      const below = mul(g.node('Sub', [g.node('Exp', [x]), scalar(1)]), scalar(alphaOf(node)));
      return g.node('Where', [above(), x, below]);
    },
    Erf: () => erf(x),
    Gelu: () => {
      if (isNone(node)) return half(erf(mul(x, scalar(Math.SQRT1_2))));
      const cube = mul(mul(mul(x, x), x), scalar(0.044715));
      return half(g.node('Tanh', [mul(g.node('Add', [x, cube]), scalar(Math.sqrt(2 / Math.PI)))]));
    },
  };
  const compose = byName[node.opType];
  if (compose === undefined) return [node];
  const last = compose();
  return [...g.nodes.splice(before), nodeOf('Identity', [last], node.output)];
}

/** As the definition has it, not rounded to float32. */
const alphaOf = (node: NodeProto): number => Number(floatAttribute(node, 'alpha', 1).toPrecision(6));

const isNone = (node: NodeProto): boolean => new TextDecoder().decode(attribute(node, 'approximate')?.s) === 'none';
