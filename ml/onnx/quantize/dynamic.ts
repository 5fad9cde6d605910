import { elementTypes } from '../tensor.ts';
import { nodeOf } from '../graph.ts';
import type { ModelProto, NodeProto } from '../proto.ts';
import { findLayers, type DenseLayer } from './find-layers.ts';
import { GraphView, Rewrite } from './graph-view.ts';
import { atLeastOpset, type Quantized, type QuantizeOptions } from './quantized.ts';
import { quantizeWeights } from './scheme.ts';

/** Names of a quantized activation, its scale and its zero point. */
interface QuantizedValue {
  readonly names: readonly [string, string, string];
}

/**
 * Dynamic INT8: weights in int8 with a scale per column, activations in uint8 with a range that is measured in every pass
 * (DynamicQuantizeLinear, MatMulInteger), which ONNX Runtime fuses to one operator. No calibration is needed. The range is
 * taken over the whole batch, so that an answer can depend a little on its neighbours in the batch. Every other node, and all
 * names of inputs and outputs, stay. Equal models give equal models.
 */
export function quantizeDynamic(model: ModelProto, { reducedRange = true }: QuantizeOptions = {}): Quantized {
  const view = new GraphView(model);
  const { layers, skipped } = atLeastOpset(view, findLayers(view), 11);
  const rewrite = new Rewrite(view);
  const activations = new Map<string, QuantizedValue>();
  for (const layer of layers) {
    const measured = activations.get(layer.activation);
    const activation = measured ?? nameActivation(view, layer.activation);
    activations.set(layer.activation, activation);
    const quantize = measured ? [] : [nodeOf('DynamicQuantizeLinear', [layer.activation], activation.names)];
    rewrite.replace(layer.node, [...quantize, ...integerLayer(rewrite, layer, activation, reducedRange)]);
    if (layer.add) rewrite.replace(layer.add, []);
  }
  return { model: rewrite.model(), quantizedNodes: layers.map(({ name }) => name), skippedNodes: skipped };
}

const nameActivation = (view: GraphView, value: string): QuantizedValue => ({
  names: [view.unique(`${value}_quantized`), view.unique(`${value}_scale`), view.unique(`${value}_zero_point`)],
});

function integerLayer(
  rewrite: Rewrite,
  { name, weights, bias, output }: DenseLayer,
  { names: [quantized, activationScale, zeroPoint] }: QuantizedValue,
  reducedRange: boolean,
): NodeProto[] {
  const { view } = rewrite;
  const { data, scales, rows, columns } = quantizeWeights(weights, reducedRange);
  const weight = rewrite.constant(`${name}_weight_quantized`, data, [rows, columns]);
  const weightScale = rewrite.constant(`${name}_weight_scale`, scales);
  const weightZero = rewrite.constant(`${name}_weight_zero_point`, new Int8Array(columns));
  const [sum, cast, scale] = ['sum', 'cast', 'scale'].map((stem) => view.unique(`${name}_${stem}`));
  const product = bias ? view.unique(`${name}_product`) : output;
  return [
    nodeOf('MatMulInteger', [quantized, weight, zeroPoint, weightZero], [sum ?? '']),
    nodeOf('Cast', [sum ?? ''], [cast ?? ''], { to: { int: elementTypes.float32 } }),
    nodeOf('Mul', [activationScale, weightScale], [scale ?? '']),
    nodeOf('Mul', [cast ?? '', scale ?? ''], [product]),
    ...(bias ? [nodeOf('Add', [product, rewrite.constant(`${name}_bias`, bias)], [output])] : []),
  ];
}
