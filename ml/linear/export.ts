import type { GraphBuilder } from '../onnx/graph.ts';
import type { ModelProto } from '../onnx/proto.ts';
import { designNetwork } from '../training/architecture.ts';
import { numericWidth, slotCount, type Encoding } from '../training/encoding.ts';
import { exportedModel } from '../training/export-graph.ts';
import type { AnswerJob, Head } from '../training/head.ts';
import { curveSize, type Curve } from './curves.ts';
import type { Layout } from './design.ts';

export interface LinearExport {
  readonly encoding: Encoding;
  readonly curves: readonly Curve[];
  readonly layout: Layout;
  /** Weights of each value of the head. */
  readonly thetas: readonly Float64Array[];
  readonly head: Head;
  readonly answer: AnswerJob;
}

/** The model that is served: a network without hidden layers, and what curves add to its scores. */
export function exportedLinear({ encoding, curves, layout, thetas, head, answer }: LinearExport): ModelProto {
  const network = designNetwork({ hidden: [] }, encoding, thetas.length);
  const [numeric, slots] = [numericWidth(encoding), slotCount(encoding.oneHot)];
  const theta = new Float32Array(network.size);
  const weight = (name: string, row: number, value: number, of: number): void => {
    const { offset, shape } = network.parameters.find((parameter) => parameter.name === name)!;
    theta[offset + row * shape.at(-1)! + value] = of;
  };
  for (const [value, of] of thetas.entries()) {
    for (let at = 0; at < numeric; at++) weight('weight0', at, value, of[at]!);
    for (let at = 0; at < slots; at++) weight('weight0', numeric + at, value, of[layout.dense + at]!);
    weight('bias0', 0, value, of[layout.intercept]!);
  }
  const added =
    curves.length === 0
      ? undefined
      : (g: GraphBuilder, numbers: string) => addCurves(g, numbers, curves, layout, thetas);
  return exportedModel({ encoding, network, thetas: [theta], head, answer, added });
}

/** float32 `[batch, values]`. In float64: cubes far from their knot cancel one another. */
function addCurves(
  g: GraphBuilder,
  numbers: string,
  curves: readonly Curve[],
  { curves: starts }: Layout,
  thetas: readonly Float64Array[],
): string {
  const column = { axis: { int: 1 } };
  const doubles = (name: string, values: readonly number[]): string =>
    g.constant(name, Float64Array.from(values), [1, values.length]);
  const of = g.node(
    'Gather',
    [
      numbers,
      g.ints(
        'of',
        curves.map(({ column }) => column),
      ),
    ],
    column,
  );
  const x = g.node('Cast', [of], { to: { int: 11 } });
  const [first, last] = [
    doubles(
      'first',
      curves.map(({ knots }) => knots[0]!),
    ),
    doubles(
      'last',
      curves.map(({ knots }) => knots.at(-1)!),
    ),
  ];
  const zero = g.constant('none', Float64Array.of(0), []);
  const excess = g.node('Max', [g.node('Sub', [x, last]), zero]);
  const inside = g.node('Min', [g.node('Max', [x, first]), last]);
  const cubed = curves.flatMap(({ knots }, at) => knots.slice(0, -1).map((knot) => ({ at, knot })));
  const each = g.node(
    'Gather',
    [
      inside,
      g.ints(
        'each',
        cubed.map(({ at }) => at),
      ),
    ],
    column,
  );
  const above = g.node('Max', [
    g.node('Sub', [
      each,
      doubles(
        'knots',
        cubed.map(({ knot }) => knot),
      ),
    ]),
    zero,
  ]);
  const cubes = g.node('Mul', [g.node('Mul', [above, above]), above]);
  const weights = new Float64Array((cubed.length + curves.length) * thetas.length);
  let row = 0;
  for (const [at, curve] of curves.entries()) {
    const width = curve.knots.length;
    for (let knot = 0; knot < width; knot++)
      for (const [value, theta] of thetas.entries()) {
        let sum = 0;
        for (let i = 0; i < curveSize(curve); i++) sum += theta[starts[at]! + i]! * curve.matrix[i * width + knot]!;
        const to = knot < width - 1 ? row + knot : cubed.length + at;
        weights[to * thetas.length + value] = sum;
      }
    row += width - 1;
  }
  const terms = g.node('Concat', [cubes, excess], column);
  const shape = [cubed.length + curves.length, thetas.length];
  return g.node('Cast', [g.node('MatMul', [terms, g.constant('curves', weights, shape)])], { to: { int: 1 } });
}
