import { GraphBuilder, mlDomain } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

/**
 * A tiny classifier of `age` (a number) and `sector` (text): `P = sigmoid(age / 10 + code(sector) + bias)`, code 1 for "a", -1 for
 * "b", else 0. `extra` adds a further number that the model wants and adds to the sum.
 */
export function tinyModel(bias: number, extra?: string): Uint8Array {
  const graph = new GraphBuilder('tiny');
  const age = graph.input('age', 'float32', ['batch', 1]);
  const sector = graph.input('sector', 'string', ['batch', 1]);
  const code = graph.node(
    'LabelEncoder',
    [sector],
    { keys_strings: { strings: ['a', 'b'] }, values_floats: { floats: [1, -1] }, default_float: { float: 0 } },
    { domain: mlDomain },
  );
  let sum = graph.node('Add', [graph.node('Mul', [age, graph.scalar('weight', 0.1)]), code]);
  if (extra !== undefined) sum = graph.node('Add', [sum, graph.input(extra, 'float32', ['batch', 1])]);
  const positive = graph.node('Sigmoid', [graph.node('Add', [sum, graph.scalar('bias', bias)])]);
  const negative = graph.node('Sub', [graph.scalar('one', 1), positive]);
  const yes = graph.node('GreaterOrEqual', [positive, graph.scalar('half', 0.5)]);
  const flat = graph.node('Reshape', [yes, graph.ints('flat', [-1])]);
  graph.output(graph.node('Cast', [flat], { to: { int: 7 } }), 'int64', ['batch'], 'label');
  graph.output(
    graph.node('Concat', [negative, positive], { axis: { int: 1 } }),
    'float32',
    ['batch', 2],
    'probabilities',
  );
  return encodeModel(graph.model({ domains: { [mlDomain]: 3 } }));
}

export const probabilityOf = (age: number, code: number, bias: number): number =>
  1 / (1 + Math.exp(-(age / 10 + code + bias)));
