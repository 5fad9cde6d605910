import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

/** A regression or ranking of one column: `prediction = weight * column + bias`. */
export function lineModel(column: string, weight: number, bias: number): Uint8Array {
  const graph = new GraphBuilder('line');
  const x = graph.input(column, 'float32', ['batch', 1]);
  graph.output(line(graph, x, weight, bias, 'prediction'), 'float32', ['batch', 1]);
  return encodeModel(graph.model());
}

/** Quantiles of one column: `weight * column`, for each weight. */
export function quantilesModel(column: string, weights: readonly number[]): Uint8Array {
  const graph = new GraphBuilder('quantiles');
  const x = graph.input(column, 'float32', ['batch', 1]);
  const row = graph.constant('weights', Float32Array.from(weights), [1, weights.length]);
  graph.output(graph.node('MatMul', [x, row], {}, { output: 'quantiles' }), 'float32', ['batch', weights.length]);
  graph.output(line(graph, x, weights[1] ?? 1, 0, 'prediction'), 'float32', ['batch', 1]);
  return encodeModel(graph.model());
}

/** Classes of one column: the softmax of `weight * column`, for each class. */
export function classesModel(column: string, classes: Readonly<Record<string, number>>): Uint8Array {
  const graph = new GraphBuilder('classes');
  const x = graph.input(column, 'float32', ['batch', 1]);
  const codes = Object.keys(classes);
  const row = graph.constant('weights', Float32Array.from(Object.values(classes)), [1, codes.length]);
  const probabilities = graph.node('Softmax', [graph.node('MatMul', [x, row])], {}, { output: 'probabilities' });
  const best = graph.node('ArgMax', [probabilities], { axis: { int: 1 }, keepdims: { int: 0 } });
  const label = graph.node(
    'LabelEncoder',
    [best],
    { keys_int64s: { ints: codes.map((_, i) => i) }, values_strings: { strings: codes } },
    { domain: mlDomain, output: 'label' },
  );
  graph.output(label, 'string', ['batch']);
  graph.output(probabilities, 'float32', ['batch', codes.length]);
  return encodeModel(graph.model({ domains: { [mlDomain]: 3 } }));
}

/** A classifier of `age` that takes a missing one for `instead`. */
export function imputingModel(instead: number): Uint8Array {
  const graph = new GraphBuilder('imputing');
  const age = graph.input('age', 'float32', ['batch', 1]);
  graph.input('sector', 'string', ['batch', 1]);
  const known = graph.node('Where', [graph.node('IsNaN', [age]), graph.scalar('instead', instead), age]);
  const positive = graph.node('Sigmoid', [graph.node('Mul', [known, graph.scalar('weight', 0.1)])]);
  const yes = graph.node('GreaterOrEqual', [positive, graph.scalar('half', 0.5)]);
  const flat = graph.node('Reshape', [yes, graph.ints('flat', [-1])]);
  graph.output(graph.node('Cast', [flat], { to: { int: 7 } }), 'int64', ['batch'], 'label');
  graph.output(positive, 'float32', ['batch', 1], 'probabilities');
  return encodeModel(graph.model());
}

const line = (graph: GraphBuilder, x: string, weight: number, bias: number, output: string): string =>
  graph.node(
    'Add',
    [graph.node('Mul', [x, graph.scalar('weight', weight)]), graph.scalar('bias', bias)],
    {},
    { output },
  );
