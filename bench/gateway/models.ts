import { GraphBuilder } from '../../ml/onnx/graph.ts';
import { encodeModel } from '../../ml/onnx/proto.ts';
import { createRandom } from '../../ml/random.ts';

/** A classifier of `x` (FP32 `[rows, widths[0]]`) by dense layers of these widths, the same for the same seed. */
export function denseModel(widths: readonly number[], seed = 1): Uint8Array {
  const random = createRandom(seed);
  const graph = new GraphBuilder('dense');
  let value = graph.input('x', 'float32', ['batch', widths[0]!]);
  const layer = (from: number, to: number): string => {
    const scale = Math.sqrt(2 / from);
    const weights = Float32Array.from({ length: from * to }, () => random.normal() * scale);
    return graph.node('Gemm', [
      value,
      graph.constant('weights', weights, [from, to]),
      graph.constant('bias', new Float32Array(to), [to]),
    ]);
  };
  for (let i = 1; i < widths.length; i++) value = graph.node('Relu', [layer(widths[i - 1]!, widths[i]!)]);
  const probabilities = graph.node('Softmax', [layer(widths.at(-1)!, 2)], { axis: { int: 1 } });
  const label = graph.node('ArgMax', [probabilities], { axis: { int: 1 }, keepdims: { int: 0 } });
  graph.output(label, 'int64', ['batch'], 'label');
  graph.output(probabilities, 'float32', ['batch', 2], 'probabilities');
  return encodeModel(graph.model());
}

/** One row as an Open Inference Protocol request. */
export function requestBody(width: number, seed = 2): string {
  const random = createRandom(seed);
  const data = Array.from({ length: width }, () => Math.round(random.next() * 1_000) / 1_000);
  return JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, width], data }] });
}
