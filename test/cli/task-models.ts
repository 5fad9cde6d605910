import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';

/** A regression or ranking of one column: `prediction = weight * column + bias`. */
export function lineModel(column: string, weight: number, bias: number): Uint8Array {
  const graph = new GraphBuilder('line');
  const x = graph.input(column, 'float32', ['batch', 1]);
  graph.output(line(graph, x, weight, bias, 'prediction'), 'float32', ['batch', 1]);
  return encodeModel(graph.model());
}

const line = (graph: GraphBuilder, x: string, weight: number, bias: number, output: string): string =>
  graph.node(
    'Add',
    [graph.node('Mul', [x, graph.scalar('weight', weight)]), graph.scalar('bias', bias)],
    {},
    { output },
  );
